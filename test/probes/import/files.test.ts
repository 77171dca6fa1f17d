/** Files at the limit of what is read. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readRows } from '../../../src/probes/import/files.ts';
import { tempFolder } from '../set-folder.ts';

void test('as many rows as are read may end with a newline, and one more is too many', async () => {
  const file = path.join(await tempFolder(), 'rows.jsonl');
  const rows = '{"user_input":"x"}\n'.repeat(100_000);
  await writeFile(file, rows);
  assert.equal((await readRows(file, [])).length, 100_000);
  await writeFile(file, `${rows}{}`);
  await assert.rejects(readRows(file, []), { name: 'UserError', message: /more than 100000 lines/ });
});
