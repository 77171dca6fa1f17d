/**
 * The demo as a user runs it: built, in its own process, without a terminal. It must end by itself with exit code 0, which it gives
 * only when the switch ended as it should and the traffic's ledger is whole, and leave nothing behind.
 * FAULTS=all (or a list) runs the whole matrix; by default one healthy switch and one rollback under traffic. Then a plain service.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { ABSENT } from '../support/absent.ts';
import { runDemo } from '../support/demo-run.ts';
import { IS_BUILT } from '../support/program.ts';
import { ENDINGS, FAULTS } from '../../examples/docs-rag/demo/endings.ts';

const run = promisify(execFile);
const asked = process.env['FAULTS'] ?? 'none,new-error-class';
const faults = asked === 'all' ? FAULTS : asked.split(',');

before(() => {
  if (IS_BUILT) return;
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  assert.equal(built.status, 0, 'the build failed');
});

for (const fault of faults) {
  const ending = ENDINGS[fault as keyof typeof ENDINGS];
  test(`demo with ${fault}: ${ending.outcome}${ending.gate === null ? '' : ` by ${ending.gate}`}, ledger whole`, async () => {
    const { result, tail } = await runDemo(['--fault', fault]);
    assert.ok(result !== null, tail);
    const { outcome, ledger } = result;
    assert.equal(outcome.kind, ending.outcome);
    if (ending.gate !== null) assert.equal(outcome.kind === 'rolled-back' && outcome.gate, ending.gate);
    for (const check of ledger.checks) assert.ok(check.ok, `${check.name}: ${check.detail}`);
    assert.equal(result.ok, true);
  });
}

test('demo of a plain service: completes unattended, ledger whole, no word of what it does not have (A5)', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'cutover-demo-'));
  try {
    const words = [resolve('bin/cutover.js'), 'demo', '--plain', '--no-keep'];
    const { stdout } = await run(process.execPath, words, { cwd, timeout: 400_000 });
    assert.match(stdout, /^The switch completed\.$/m);
    assert.match(stdout, /^✔ color-monotone: \d+ users, each on one side/m);
    assert.doesNotMatch(stdout, /^✖/m);
    assert.doesNotMatch(stdout, ABSENT);
    const asked = stdout.split('\n').filter((line) => / waits for /.test(line));
    assert.equal(asked.length, 1, 'the approval of decommission and nothing else');
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});

test('nothing is left running', () => {
  const { stdout } = spawnSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
  const left = stdout.split('\n').filter((line) => line.includes('cutover-demo-'));
  assert.deepEqual(left, []);
});
