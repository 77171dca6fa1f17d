/** The runner of the tests: each file is accounted for by name, whatever it does to the process that it shares. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runGroup, type FileResult } from '../../scripts/test/run-group.ts';

const at = (name: string): string => `test/scripts/files/${name}.ts`;

test('each file has its own result, and those after one that ends the process still run', async () => {
  const told: FileResult[] = [];
  await runGroup(['breaks', 'leaves', 'ends', 'good'].map(at), (result) => told.push(result));
  const [breaks, leaves, ends, good] = told;
  assert.deepEqual(
    told.map(({ file, passed, failed, skipped }) => [file, passed, failed.length, skipped.length]),
    [
      [at('breaks'), 0, 1, 0],
      [at('leaves'), 1, 1, 0],
      [at('ends'), 1, 2, 0],
      [at('good'), 1, 0, 1],
    ],
  );
  assert.match(breaks?.failed[0]?.text ?? '', /it cannot be loaded/);
  assert.match(
    leaves?.failed[0]?.text ?? '',
    /leaves\.ts left running: 1 × a listening port; process \d+: .*-e/,
  );
  assert.deepEqual(
    ends?.failed.map(({ name }) => name),
    ['a suite › fails', '(process)'],
  );
  assert.match(ends?.failed[1]?.text ?? '', /the process ended with code 3/);
  assert.deepEqual(good?.skipped, [{ name: 'is not run', why: 'no such thing here' }]);
});
