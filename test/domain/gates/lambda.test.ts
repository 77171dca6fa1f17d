/** λ: complete grids, confirmed chaos, flips. */
import type { LookInput } from '../../../src/domain/look-input.ts';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { check } from './cases.ts';
import { broken, look, midway, probes, type ProbeParts } from './kit.ts';

const lambda = (parts: ProbeParts) => look('lambda', { probes: probes(parts) });
const lost = (count: number) => broken(count, { sectionIds: ['elsewhere'] });
const chaos =
  (count: number): NonNullable<ProbeParts['to']> =>
  (run, question) =>
    question < count ? { sectionIds: [`${run.paraphrase}-${run.seed}`] } : {};

/** A grid in which `count` questions of green are chaotic, and their re-run. */
function rerun(count: number, sections: (run: ProbeRun) => readonly string[]): LookInput {
  const window = probes({ to: chaos(count) });
  const again = window.runs
    .filter((run) => Number(run.probeId.slice(1)) < count)
    .map((run): ProbeRun => ({
      ...run,
      round: 5,
      rerun: true,
      sectionIds: run.color === 'green' ? sections(run) : run.sectionIds,
    }));
  return look('lambda', { probes: { ...window, runs: [...window.runs, ...again] } });
}

check('lambda', [
  { name: 'a healthy build passes at the end', input: () => lambda({}), expect: 'pass ok' },
  {
    name: 'a healthy build waits in the middle',
    input: () => midway(lambda({})),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'without a complete grid nothing is judged',
    input: () => lambda({ rounds: 5 }),
    expect: 'inconclusive underpowered,no_grid_yet',
  },
  {
    name: 'a second, incomplete grid leaves the first in force',
    input: () => lambda({ rounds: 8 }),
    expect: 'pass ok',
  },
  {
    name: 'half of the questions lost fails',
    input: () => midway(lambda({ to: lost(30) })),
    expect: 'fail lambda_not_convergent',
  },
  {
    name: 'flips beyond chance fail though the share may stand',
    input: () => lambda({ n: 117, to: chaos(0), from: () => ({}) }),
    expect: 'pass ok',
  },
  {
    name: 'three divergent questions beyond `from` fail',
    input: () => lambda({ to: lost(3) }),
    expect: 'fail lambda_divergent',
  },
  {
    name: 'two divergent questions beyond `from` do not',
    input: () => lambda({ to: lost(2) }),
    expect: 'pass ok',
  },
  {
    name: 'one chaotic question awaits its re-run',
    input: () => lambda({ to: chaos(1) }),
    expect: 'inconclusive lambda_chaotic_unconfirmed',
  },
  {
    name: 'a question chaotic in two grids fails',
    input: () => lambda({ rounds: 12, to: chaos(1) }),
    expect: 'fail lambda_chaotic',
  },
  {
    name: 'a re-run that is chaotic again confirms it',
    input: () => rerun(1, (run) => [`again-${run.paraphrase}-${run.seed}`]),
    expect: 'fail lambda_chaotic',
  },
  {
    name: 'a re-run that agrees clears it',
    input: () => rerun(1, (run) => [`${run.probeId}-gold`]),
    expect: 'pass ok',
  },
  {
    name: 'a chaotic baseline is an error',
    input: () => lambda({ rounds: 12, from: chaos(1), to: chaos(1) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'a baseline that does not converge is an error',
    input: () => lambda({ from: lost(30), to: lost(30) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'questions without a state block a pass',
    input: () => lambda({ to: broken(10, { error: 'headers:timeout' }) }),
    expect: 'inconclusive underpowered,questions_missing',
  },
  {
    name: 'a small set cannot pass',
    input: () => lambda({ n: 40 }),
    expect: 'inconclusive underpowered,probe_set_small',
  },
  {
    name: 'no probes are no data',
    input: () => look('lambda', { probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'one color alone is one-sided',
    input: () => lambda({ colors: ['green'] }),
    expect: 'inconclusive one_sided',
  },
]);
