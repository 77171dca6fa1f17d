/** λ: complete grids, confirmed chaos, flips. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LookInput } from '../../../src/domain/look-input.ts';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { check } from './cases.ts';
import { broken, judged, look, midway, probes, withSettings, type ProbeParts } from './kit.ts';

const lambda = (parts: ProbeParts) => look('lambda', { probes: probes(parts) });
const lost = (count: number) => broken(count, { sectionIds: ['elsewhere'] });
/** Green loses the first `count` questions, blue those between `count` and `count + gained`. */
const moved = (count: number, { n = 300, gained = 0, rebuild = 0.02 } = {}): LookInput =>
  withSettings(
    lambda({
      n,
      to: lost(count),
      from: (_, question) =>
        question >= count && question < count + gained ? { sectionIds: ['elsewhere'] } : {},
    }),
    { lambda: { pass: 0.9, block: 0.8, rebuild } },
  );
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
    name: 'what a rebuilt index may lose does not fail',
    input: () => moved(6),
    expect: 'pass ok',
  },
  {
    name: 'one lost question short of what chance explains does not fail',
    input: () => moved(18),
    expect: 'pass ok',
  },
  {
    name: 'one more fails, though nine in ten still converge',
    input: () => moved(19),
    expect: 'fail lambda_flips',
  },
  {
    name: 'the same at a look in the middle, whose level is a third, does not',
    input: () => midway(moved(19)),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'as many lost where three were gained do not fail',
    input: () => moved(19, { gained: 3 }),
    expect: 'pass ok',
  },
  {
    name: 'many gained and few lost do not fail',
    input: () => moved(3, { gained: 19 }),
    expect: 'pass ok',
  },
  {
    name: 'one index for both colors: ten lost of 300 fail',
    input: () => moved(10, { rebuild: 0 }),
    expect: 'fail lambda_flips',
  },
  {
    name: 'one index for both colors: nine do not',
    input: () => moved(9, { rebuild: 0 }),
    expect: 'pass ok',
  },
  {
    name: 'a set curated on `from` with losses of 5 % forgiven passes what 2 % would fail',
    input: () => moved(24, { rebuild: 0.05 }),
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
    name: 'two colors that hardly differ and are both under the block are no fault of `to`',
    input: () => lambda({ n: 300, from: lost(75), to: lost(90) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'one that lost far more than a poor baseline is',
    input: () => lambda({ n: 300, from: lost(75), to: lost(110) }),
    expect: 'fail lambda_flips',
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

void test('the record says what was lost and what explains it, the summary in words', () => {
  const { loss, summary, verdict } = judged(moved(12, { gained: 3 }));
  assert.equal(verdict, 'pass');
  assert.deepEqual(
    { ...loss, p: loss?.p.toFixed(7), level: loss?.level.toFixed(6) },
    {
      lost: 12,
      gained: 3,
      pairs: 300,
      rebuild: 0.02,
      p: '0.3135270',
      level: '0.001000',
    },
  );
  assert.match(
    summary,
    /12 of 300 questions lost their source, 3 gained; a rebuilt index that loses up to 2 % would do this in 31 % of cases\. /,
  );
  assert.match(summary, /With 300 questions this look fails from 19 lost on \(6\.3 %\) if none is gained\.$/);
});

void test('a fail says what would do the same and how much of that is allowed', () => {
  const { summary, offenders } = judged(moved(20));
  assert.match(summary, /would do this in 0\.0\d+ % of cases, and 0\.1 % of cases are allowed\.$/);
  assert.equal(offenders.length, 20);
  assert.match(judged(moved(40)).summary, /would do this in less than one case in a million, and /);
  assert.match(
    judged(moved(12, { rebuild: 0 })).summary,
    /; equal colors would do this in 0\.024 % of cases/,
  );
});

void test('a set too small to see a loss says so', () => {
  const small = judged(lambda({ n: 50, to: lost(5) }));
  assert.match(
    small.summary,
    /With 50 questions this look fails from 12 lost on \(24 %\) if none is gained\.$/,
  );
  const none = judged(moved(0, { n: 8, rebuild: 0 }));
  assert.match(none.summary, /With 8 questions this look cannot fail for lost ones\.$/);
});

void test('questions without a state on one color are no pair', () => {
  const silent = broken(10, { error: 'headers:timeout' });
  const { loss } = judged(lambda({ n: 60, from: silent, to: lost(12) }));
  assert.deepEqual([loss?.lost, loss?.pairs], [2, 50]);
});
