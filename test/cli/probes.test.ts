/** `cutover probes` against the sample service itself: what a healthy color passes stays, what it does not is named. */
import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { probes } from '../../src/cli/commands/probes.ts';
import type { Probe } from '../../src/domain/probe.ts';
import { loadProbeSet, type LoadedProbeSet } from '../../src/probes/probe-set.ts';
import { service } from '../examples/service-kit.ts';
import { jsonl, tempFolder, writeSet } from '../probes/set-folder.ts';
import { runCommand } from './run-command.ts';

const SAMPLE = 'examples/docs-rag/probes';
let blue: Awaited<ReturnType<typeof service>>;
let sample: LoadedProbeSet;

interface Curated {
  readonly kept: number;
  readonly dropped: number;
  readonly probes: readonly { id: string; kept: boolean; reasons: { code: string }[] }[];
  readonly folder: string | null;
}

/** The first probes of the sample, with two that no healthy color can pass. */
async function withBroken(): Promise<string> {
  const [first, second, third] = sample.probes.filter((one) => one.answerable) as [Probe, Probe, Probe];
  const elsewhere = { ...second, id: 'wrong-target', targets: third.targets };
  const off = [
    'recipe for apple pie',
    'how long must an apple pie be in the oven',
    'which apples make a good pie',
  ];
  const foreign = { ...third, id: 'off-topic', question: 'How do I bake an apple pie?', paraphrases: off };
  const all = [first, second, third, elsewhere, foreign];
  const folder = await writeSet(path.join(await tempFolder(), 'set'), all, [...sample.sections.values()]);
  // The sample's vectors, so that minutes of embedding do not stand between the test and what it is about.
  for (const name of ['embeddings.json', 'embeddings.f16']) {
    await copyFile(path.join(SAMPLE, name), path.join(folder, name));
  }
  return folder;
}

void describe('cutover probes', () => {
  before(async () => {
    sample = await loadProbeSet(SAMPLE);
    blue = await service('blue', null);
  });
  after(() => blue.close());

  void it('lint: the sample set has no error', async () => {
    const { code, document } = await runCommand(probes, ['lint', SAMPLE, '--json']);
    const { ok, findings } = document as { ok: boolean; findings: { severity: string }[] };
    assert.deepEqual([code, ok], [0, true], JSON.stringify(findings));
  });

  void it('lint: names errors, and those that only a color shows', async () => {
    const folder = await withBroken();
    const still = await runCommand(probes, ['lint', folder]);
    assert.equal(still.code, 0, still.lines.join('\n'));
    assert.match(still.lines.join('\n'), /! set_size 5 probes/);
    const asked = await runCommand(probes, ['lint', folder, '--against', blue.ready.url]);
    assert.equal(asked.code, 1);
    assert.match(asked.lines.join('\n'), /✘ fails_on_from wrong-target/);
    assert.match(asked.notes.join(), /sending 30 probes to blue/);
  });

  void it('curate: keeps what blue passes and writes down what it does not', async () => {
    const folder = await withBroken();
    const out = path.join(await tempFolder(), 'curated');
    const words = ['curate', folder, '--against', blue.ready.url, '--out', out, '--json'];
    const { code, document, notes } = await runCommand(probes, words);
    const { kept, dropped, probes: all } = document as Curated;
    assert.equal(code, 0);
    assert.deepEqual([kept, dropped], [3, 2], JSON.stringify(all));
    const reasons = new Map(all.map((one) => [one.id, one.reasons.map((reason) => reason.code)]));
    assert.ok(reasons.get('wrong-target')?.includes('low_coverage'));
    assert.ok(reasons.get('off-topic')?.includes('low_coverage'));
    assert.match(notes.join(), /no stored calibration/);
    assert.equal((await loadProbeSet(out)).probes.length, 3);
    const text = await readFile(path.join(out, 'DROPPED.md'), 'utf8');
    assert.match(text, /\| wrong-target \|/);
    assert.match(text, /\| off-topic \| How do I bake an apple pie\? \|/);
    assert.match(text, /- 2 × not_delivered: /);
    assert.match(text, /- curated on blue alone/);
    await assert.rejects(runCommand(probes, words), /is not empty: nothing was written/);
  });

  void it('curate: a color that does not answer leaves nothing, and writes nothing', async () => {
    const folder = await withBroken();
    const out = path.join(await tempFolder(), 'curated');
    const words = ['curate', folder, '--against', 'http://127.0.0.1:65499', '--out', out];
    await assert.rejects(runCommand(probes, words), /no probe would be left/);
    await assert.rejects(loadProbeSet(out), /cannot be read/);
  });

  void it('curate: the color of a plan is asked at its own address', async () => {
    const folder = await withBroken();
    const plan = path.join(path.dirname(folder), 'cutover.yaml');
    await writeFile(
      plan,
      `service: docs
entry: http://127.0.0.1:65499
colors:
  blue: { url: '${blue.ready.url}', release: r1 }
  green: { url: http://127.0.0.1:65498, release: r2 }
edge: cloudflare
telemetry: { use: duckdb, path: ./edge.ndjson }
queue: none
probes: { set: ./set }
`,
    );
    const { document } = await runCommand(probes, ['curate', plan, '--json']);
    const { kept, folder: written } = document as Curated;
    assert.deepEqual([kept, written], [3, null]);
    await assert.rejects(runCommand(probes, ['curate', plan, '--ask', 'red']), /red is no color/);
    await assert.rejects(runCommand(probes, ['curate', plan, '--and', blue.ready.url]), {
      name: 'UserError',
      message: /--and names the second color to ask, and nothing names the first/,
    });
  });

  void it('import: says what is still to be written', async () => {
    const folder = await tempFolder();
    await writeFile(
      path.join(folder, 'set.jsonl'),
      jsonl([{ user_input: 'Why?', reference_contexts: ['x y z'] }]),
    );
    const out = path.join(folder, 'out');
    const { code, lines } = await runCommand(probes, [
      'import',
      'ragas',
      path.join(folder, 'set.jsonl'),
      '--out',
      out,
    ]);
    assert.equal(code, 0);
    assert.match(lines.join('\n'), /0 probes are complete, 1 are drafts/);
    assert.match(await readFile(path.join(out, 'GAPS.md'), 'utf8'), /paraphrases_missing/);
  });

  void it('rotate: names the held-out probes and writes the open part', async () => {
    const out = path.join(await tempFolder(), 'open');
    const { document } = await runCommand(probes, [
      'rotate',
      SAMPLE,
      '--release',
      'r42',
      '--out',
      out,
      '--json',
    ]);
    const { open, heldOut } = document as { open: string[]; heldOut: string[] };
    assert.equal(heldOut.length, Math.round(sample.probes.length * 0.2));
    const written = await loadProbeSet(out);
    assert.deepEqual(
      written.probes.map(({ id }) => id),
      open,
    );
    const text = await readFile(path.join(out, 'DROPPED.md'), 'utf8');
    for (const id of heldOut) assert.ok(!text.includes(id), 'the open part must not tell');
  });

  void it('says what is wrong with its arguments', async () => {
    const refused = (words: string[], message: RegExp): Promise<void> =>
      assert.rejects(runCommand(probes, words), { name: 'UserError', message });
    await refused([], /lint, curate, import or rotate is missing/);
    await refused(['lnit', 'x'], /cannot "lnit"/);
    await refused(['lint', SAMPLE, '--ask', 'blue'], /--ask needs a plan/);
    await refused(['curate', SAMPLE], /needs a healthy color/);
    await refused(['import', 'ragas', 'x'], /--out is missing/);
    await refused(['import', 'raggas', 'x', '--out', 'y'], /does not know "raggas"/);
    await refused(['rotate', SAMPLE], /--release is missing/);
    await refused(['rotate', SAMPLE, '--release', 'r', '--share', '2'], /--share 2/);
    await refused(['lint', SAMPLE, '--against', 'ftp://x'], /is not an http/);
  });
});
