/**
 * Two thousand mutated sets of each format (FUZZ_SHORT=1: two hundred): no crash, no row or field dropped in silence, what is called complete
 * loads, and work that grows with the rows.
 */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../../../src/domain/errors.ts';
import type { ImportedRow } from '../../../src/probes/import/draft.ts';
import { importProbes, IMPORTERS } from '../../../src/probes/import/index.ts';
import { loadProbeSet } from '../../../src/probes/probe-set.ts';
import { tempFolder } from '../set-folder.ts';
import { FILES, jsonl, SOURCES, TORN, type Source } from './mutated-sets.ts';
import { seededRandom } from '../../../src/domain/probes/rounds.ts';

const SETS = process.env['FUZZ_SHORT'] === '1' ? 200 : 2_000;
/** Sets that are read for one that is imported as a whole, which writes some files. */
const IMPORTED_EACH = 20;

const isAccounted = (row: ImportedRow): boolean =>
  'drafts' in row ? row.drafts.length > 0 : row.leftOut !== '';

/** Writes a mutated set and reads it; one in twenty is imported as a whole, and loaded where something of it is complete. */
async function fuzz(
  name: string,
  source: Source,
): Promise<{ readonly read: number; readonly loaded: number }> {
  const folder = await tempFolder();
  const random = seededRandom(name);
  let read = 0;
  let loaded = 0;
  for (let i = 0; i < SETS; i += 1) {
    const { files, main, rows, isNamed } = await source.make(random);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    }
    const shown = (): string => `set ${i}: ${JSON.stringify(files).slice(0, 2000)}`;
    try {
      const result = await IMPORTERS[source.format].read(path.join(folder, main), null);
      read += 1;
      assert.ok(result.rows.every(isAccounted), shown());
      if (rows !== null) assert.equal(result.rows.length, rows, shown());
      const isWhole = result.rows.every((row) => 'drafts' in row);
      if (isNamed && isWhole) assert.match(result.notes.join('\n'), /zz-unknown|Further fields/, shown());
      if (i % IMPORTED_EACH === 0) {
        const to = path.join(folder, `out-${i}`);
        const { complete } = await importProbes({
          format: source.format,
          path: path.join(folder, main),
          sections: path.join(FILES, 'sections.jsonl'),
          name: 'x',
          folder: to,
        });
        if (complete.length > 0)
          assert.equal((await loadProbeSet(to)).probes.length, complete.length, shown());
        loaded += Math.sign(complete.length);
      }
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      assert.doesNotMatch(
        cause.message,
        /out-\d+/,
        `what is called complete does not load: ${cause.message}; ${shown()}`,
      );
    }
  }
  await rm(folder, { recursive: true, force: true });
  return { read, loaded };
}

void describe('mutated sets', () => {
  for (const [name, source] of Object.entries(SOURCES)) {
    void it(`of ${name}: every row is a question or left out with why, unknown fields are named, what is complete loads (D9)`, async () => {
      const { read, loaded } = await fuzz(name, source);
      assert.ok(read > SETS / 2, `only ${read} of ${SETS} could be read`);
      assert.ok(loaded > 0, 'no set had a complete probe');
    });
  }
  for (const [name, source] of Object.entries(TORN)) {
    void it(`of torn ${name}: refused as the caller’s mistake, or every row a question or left out with why`, async () => {
      const { read } = await fuzz(`torn ${name}`, source);
      assert.ok(read < SETS, 'every torn file could be read');
    });
  }
});

void it('takes twice as long for twice the rows, even when all contexts share their words', async () => {
  const folder = await tempFolder();
  const shared =
    'All of these documents begin with the very same words and say only then what they are about, so that';
  const cost = async (count: number): Promise<number> => {
    const rows = Array.from({ length: count }, (_, i) => ({
      user_input: `What is number ${i}?`,
      reference_contexts: [`${shared} number ${i} is ${i * 7}, as everybody knows.`],
    }));
    const file = path.join(folder, `${count}.jsonl`);
    await writeFile(file, jsonl(rows));
    const before = process.cpuUsage();
    await IMPORTERS.ragas.read(file, null);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  await cost(500);
  const [less, more] = [await cost(1_000), await cost(8_000)];
  assert.ok(more < 8 * 2.5 * less + 200, `${less} ms for 1,000 rows, ${more} ms for 8,000`);
});
