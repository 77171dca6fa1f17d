/**
 * Whole switches of the sample on what teams host themselves and by cohorts, one after the other, as a user runs them:
 * `npm run test:platforms [-- words]`, of which each run must have one. Prints a table, and ends 1 where a run did not end as it should,
 * or took longer than LIMIT_S.
 */
import { spawnSync } from 'node:child_process';
import { runDemo, type DemoRun } from '../test/support/demo-run.ts';

const LIMIT_S = 150;

interface Run {
  readonly platform: string;
  readonly topology: string;
  readonly fault: string;
}

const RUNS: readonly Run[] = [
  { platform: 'self-hosted', topology: 'weight', fault: 'none' },
  { platform: 'self-hosted', topology: 'weight', fault: 'new-error-class' },
  { platform: 'self-hosted', topology: 'weight', fault: 'full-load' },
  { platform: 'self-hosted', topology: 'header', fault: 'none' },
  { platform: 'embedded', topology: 'header', fault: 'none' },
  { platform: 'embedded', topology: 'header', fault: 'new-error-class' },
];

const words = process.argv.slice(2);
const chosen = RUNS.filter((run) => words.every((word) => Object.values(run).includes(word)));
if (chosen.length === 0) {
  console.error(`no run has all of ${words.join(', ')}`);
  process.exit(2);
}
const built = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);

console.log('| platform | topology | fault | ended | seconds | exit |\n|---|---|---|---|---|---|');
let failed = 0;
for (const run of chosen) {
  const { platform, topology, fault } = run;
  const ended = await runDemo(['--platform', platform, '--topology', topology, '--fault', fault]);
  const { exit, seconds, tail } = ended;
  console.log(`| ${platform} | ${topology} | ${fault} | ${said(ended)} | ${seconds} | ${exit} |`);
  if (exit === 0 && seconds <= LIMIT_S) continue;
  failed += 1;
  console.error(exit === 0 ? `longer than ${LIMIT_S} s` : tail);
}
console.log(`\n${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function said({ result }: DemoRun): string {
  if (result === null) return 'without a word';
  const { outcome, flipped, ledger } = result;
  const gate = outcome.kind === 'rolled-back' ? ` by ${outcome.gate ?? 'nothing'}` : '';
  const when = outcome.kind === 'rolled-back' ? `, ${flipped ? 'after' : 'before'} the flip` : '';
  const wrong = ledger.checks.filter(({ ok }) => !ok).map(({ name }) => name);
  const whole = wrong.length === 0 ? 'ledger whole' : `ledger broken: ${wrong.join(', ')}`;
  return `${outcome.kind}${gate}${when}; ${whole}`;
}
