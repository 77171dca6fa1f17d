/** `cutover calibrate` on the sample set, and on one whose embedder cannot tell right from random. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { calibrate } from '../../src/cli/commands/calibrate.ts';
import { calibrationPath, loadCalibration } from '../../src/probes/calibration-file.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { probe } from '../probes/support.ts';
import { section, tempFolder, writeSet } from '../probes/set-folder.ts';
import { runCommand } from './run-command.ts';

const SAMPLE = 'examples/docs-rag/probes';

/** Questions that share their words with their own section, or with none. */
async function lexicalSet(isTold: boolean): Promise<string> {
  const ids = Array.from({ length: 30 }, (_, i) => `topic${i}`);
  const words = (id: string): string[] => Array.from({ length: 12 }, (_, n) => `${id}word${n}`);
  const sections = ids.map((id) => section(`section-${id}`, words(id).join(' ')));
  const probes = ids.map((id) => {
    const asked = words(isTold ? id : `never${id}`);
    const paraphrases = [0, 3, 6].map((from) => asked.slice(from, from + 6).join(' '));
    return probe(id, { paraphrases });
  });
  return writeSet(path.join(await tempFolder(), 'set'), probes, sections);
}

void describe('cutover calibrate', () => {
  void it('finds the committed calibration of the sample set again', async () => {
    const { code, document } = await runCommand(calibrate, [SAMPLE, '--check', '--json']);
    const { ok, calibration } = document as { ok: boolean; calibration: Record<string, number> };
    assert.deepEqual([code, ok], [0, true]);
    assert.equal(calibration['mPos']?.toFixed(3), '0.268');
    assert.equal(calibration['mNeg']?.toFixed(3), '0.428');
    assert.equal(calibration['auc']?.toFixed(2), '0.92');
  });

  void it('prints the scale, writes it beside the set, and the loader takes it', async () => {
    const folder = await lexicalSet(true);
    const { code, lines } = await runCommand(calibrate, [folder, '--embedder', 'lexical', '--k', '3']);
    assert.equal(code, 0, lines.join('\n'));
    for (const name of ['m_pos', 'm_neg', 'AUC', 't_pass', 't_block']) {
      assert.ok(
        lines.some((line) => line.trim().startsWith(name)),
        name,
      );
    }
    const written = /wrote (.*)$/.exec(lines.at(-1) ?? '')?.[1] ?? '';
    const stored = JSON.parse(await readFile(written, 'utf8')) as { embedderId: string; k: number };
    assert.equal(stored.k, 3);
    const set = await loadProbeSet(folder);
    assert.equal(calibrationPath(set, stored.embedderId), written);
    // Edit the set: the stored scale is another set's now.
    const probes = await readFile(path.join(folder, 'probes.jsonl'), 'utf8');
    await writeFile(
      path.join(folder, 'probes.jsonl'),
      probes.replace('question topic0', 'question topic zero'),
    );
    const edited = await loadProbeSet(folder);
    const embedder = {
      id: stored.embedderId,
      windowWords: (stored as unknown as { windowWords: number }).windowWords,
    };
    await assert.rejects(loadCalibration(edited, embedder), /goldHash/);
    const again = runCommand(calibrate, [folder, '--embedder', 'lexical', '--check']);
    await assert.rejects(again, /is not a calibration of this probe set/);
  });

  void it('refuses an embedder that cannot tell right from random, and writes nothing', async () => {
    const folder = await lexicalSet(false);
    const { code, lines } = await runCommand(calibrate, [folder, '--embedder', 'lexical']);
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /refused: the embedder does not tell right from random/);
    await assert.rejects(readFile(path.join(folder, 'calibration')), { code: 'ENOENT' });
  });

  void it('--check says when nothing is stored', async () => {
    const { code, lines } = await runCommand(calibrate, [
      await lexicalSet(true),
      '--embedder',
      'lexical',
      '--check',
    ]);
    assert.equal(code, 1);
    assert.match(lines.at(-1) ?? '', /nothing is stored/);
  });

  void it('takes the set and the embedder from a plan', async () => {
    const folder = await tempFolder();
    await cp(await lexicalSet(true), path.join(folder, 'set'), { recursive: true });
    await writeFile(
      path.join(folder, 'cutover.yaml'),
      `service: docs
entry: http://127.0.0.1:8787
colors:
  blue: { url: http://127.0.0.1:9001, release: r1 }
  green: { url: http://127.0.0.1:9002, release: r2 }
edge: cloudflare
telemetry: { use: duckdb, path: ./edge.ndjson }
queue: none
probes: { set: ./set, embedder: lexical }
`,
    );
    const { code, lines } = await runCommand(calibrate, [path.join(folder, 'cutover.yaml')]);
    assert.equal(code, 0, lines.join('\n'));
    assert.match(lines[0] ?? '', /^embedder lexical\//);
  });

  void it('says what is wrong with its arguments', async () => {
    await assert.rejects(runCommand(calibrate, []), /the plan or probe folder is missing/);
    await assert.rejects(runCommand(calibrate, ['nowhere']), /nowhere does not exist/);
    await assert.rejects(runCommand(calibrate, [SAMPLE, '--k', '0']), /--k 0/);
    await assert.rejects(runCommand(calibrate, [SAMPLE, '--embedder', 'wat']), /no embedder wat/);
  });
});
