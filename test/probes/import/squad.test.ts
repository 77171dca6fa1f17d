/** Rows of SQuAD say in several ways that no answer stands in their paragraph. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { squad } from '../../../src/probes/import/squad.ts';
import { jsonl, tempFolder } from '../set-folder.ts';

void test('a flat row is answerable by its mark, else by its list of answers', async () => {
  const about = { context: 'Keys rotate every Monday.', question: 'When?' };
  const given = { text: ['every Monday'], answer_start: [12] };
  const cases: [object, boolean][] = [
    [{ answers: given }, true],
    [{ answers: given, is_impossible: 'True' }, false],
    [{ answers: [], is_impossible: true }, false],
    [{ answers: [], is_impossible: false }, true],
    [{ answers: [] }, false],
    [{ answers: '[]' }, false],
    [{ answers: { text: [], answer_start: [] } }, false],
    [{}, true],
  ];
  const file = path.join(await tempFolder(), 'rows.jsonl');
  await writeFile(file, jsonl(cases.map(([more]) => ({ ...about, ...more }))));
  const { rows } = await squad.read(file, null);
  assert.deepEqual(
    rows.map((row) => ('drafts' in row ? row.drafts[0].answerable : row.leftOut)),
    cases.map(([, answerable]) => answerable),
  );
});
