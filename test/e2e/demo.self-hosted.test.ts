/**
 * A whole switch on what teams host themselves, broken where it is latest: after the flip, with jobs, records and users on the new color.
 * All comes back, and the traffic's ledger is whole. The other runs: `npm run test:platforms`.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, test } from 'node:test';
import { ENDINGS } from '../../examples/docs-rag/demo/endings.ts';
import { runDemo } from '../support/demo-run.ts';
import { IS_BUILT } from '../support/program.ts';

before(() => {
  if (IS_BUILT) return;
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  assert.equal(built.status, 0, 'the build failed');
});

test('self-hosted with full-load: rolled back after the flip, ledger whole, nothing left running', async () => {
  const { result, exit, tail } = await runDemo(['--platform', 'self-hosted', '--fault', 'full-load']);
  assert.ok(result !== null, tail);
  const { outcome, ledger } = result;
  assert.ok(outcome.kind === 'rolled-back', JSON.stringify(outcome));
  assert.equal(outcome.gate, ENDINGS['full-load'].gate);
  assert.ok(result.flipped, 'it was found before the flip');
  for (const check of ledger.checks) assert.ok(check.ok, `${check.name}: ${check.detail}`);
  assert.equal(exit, 0);
  // Without a parent: PostgreSQL of another test runs at the same time.
  const { stdout } = spawnSync('ps', ['-eo', 'ppid,args'], { encoding: 'utf8' });
  const left = stdout.split('\n').filter((line) => /^ *1 .*cutover-(demo|postgres)-/.test(line));
  assert.deepEqual(left, []);
});
