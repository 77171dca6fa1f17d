/** A corpus that a set cannot hold: what answers a query is kept for certain, of the rest as many as fit, and the note counts right. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { importProbes, type ImportResult } from '../../../src/probes/import/index.ts';
import { jsonl, tempFolder } from '../set-folder.ts';

async function run(texts: readonly string[], scores: ReadonlyMap<number, number>): Promise<ImportResult> {
  const folder = await tempFolder();
  await mkdir(path.join(folder, 'qrels'));
  await writeFile(
    path.join(folder, 'corpus.jsonl'),
    jsonl(texts.map((text, i) => ({ _id: `d${i}`, title: '', text }))),
  );
  await writeFile(path.join(folder, 'queries.jsonl'), jsonl([{ _id: 'q', text: 'Which?' }]));
  const lines = [...scores].map(([i, score]) => `q\td${i}\t${score}`);
  await writeFile(path.join(folder, 'qrels', 'test.tsv'), lines.join('\n'));
  return importProbes({ format: 'beir', path: folder, folder: path.join(folder, 'out'), name: 'x' });
}

const keptBy = (result: ImportResult): number =>
  Number(/: (\d+) of them are kept/.exec(result.notes.join('\n'))?.[1] ?? NaN);

void describe('a corpus that a set cannot hold', () => {
  void it('keeps no document for certain that is judged to answer nothing', async () => {
    const count = 20_050;
    const scores = new Map(Array.from({ length: count }, (_, i) => [i, i === 7 ? 1 : 0]));
    const result = await run(
      Array.from({ length: count }, (_, i) => `text ${i}`),
      scores,
    );
    assert.deepEqual([result.sections, keptBy(result)], [20_001, 20_000]);
    assert.deepEqual(result.drafts[0]?.targets, [{ section_id: 'd7' }]);
  });

  void it('says how many are kept where their length is the limit', async () => {
    const texts = Array.from({ length: 80 }, (_, i) => `${i} ${'x'.repeat(190_000)}`);
    const result = await run(texts, new Map([[0, 1]]));
    assert.ok(result.sections < 80);
    assert.equal(keptBy(result), result.sections - 1);
  });
});
