/** Tuning a running switch: what is legal where, and that nothing illegal or malformed ever reaches a plan. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as fc from 'fast-check';
import type { Plan, RampStep } from '../../src/domain/plan.ts';
import { applyTune, checkTune, type Tune, type TunePosition } from '../../src/domain/tune.ts';
import { loadPlan } from '../../src/plan/load.ts';

const FILES = new URL('../plan/files/', import.meta.url).pathname;
const NOTHING_PASSED = { stagesPassed: [], flipped: false };
const AT_START: TunePosition = { ...NOTHING_PASSED, stage: 'preflight', rampStep: -1 };
const AT_10: TunePosition = { ...NOTHING_PASSED, stage: 'ramp', rampStep: 1 };

let plan: Plan;
before(async () => {
  ({ plan } = await loadPlan('ok-minimal.yaml', { cwd: FILES }));
});

function step(weightPercent: number): RampStep {
  return { weightPercent, forMs: 60_000, looks: 2, cohorts: [], regions: [] };
}

void test('holds and thresholds still ahead may change, and are merged', () => {
  const change: Tune = {
    hold: { forMs: 7_200_000 },
    gates: { deltaS: { pass: 0.4 }, minSamples: 100 },
    fenceMs: 1000,
  };
  assert.equal(checkTune(plan, change, AT_START), null);
  const tuned = applyTune(plan, change, -1);
  assert.deepEqual(tuned.hold, { ...plan.hold, forMs: 7_200_000 });
  assert.deepEqual(tuned.gates.deltaS, { pass: 0.4, block: 0.6, pairedRise: 0.05 });
  assert.equal(tuned.gates.minSamples, 100);
  assert.equal(tuned.cutover.fenceMs, 1000);
  assert.deepEqual(tuned.ramp, plan.ramp);
});

void test('new ramp steps replace those ahead of the one under way', () => {
  const weights = (change: Tune, at: TunePosition): number[] => {
    assert.equal(checkTune(plan, change, at), null);
    return applyTune(plan, change, at.rampStep).ramp.map((one) => one.weightPercent);
  };
  assert.deepEqual(weights({ rampAhead: [step(30), step(60)] }, AT_10), [5, 10, 30, 60]);
  assert.deepEqual(weights({ rampAhead: [] }, AT_10), [5, 10]);
  assert.deepEqual(weights({ rampAhead: [step(2)] }, AT_START), [2]);
});

void test('a refused change says why', () => {
  const wrong: [unknown, TunePosition, RegExp][] = [
    [{}, AT_START, /^nothing to tune$/],
    [null, AT_START, /must be an object/],
    [{ service: 'x' }, AT_START, /service cannot be tuned; canary, audit/],
    [{ canary: { looks: 1 } }, AT_10, /^canary is past$/],
    [{ hold: { peak: null } }, AT_START, /hold.peak cannot be tuned/],
    [{ hold: { looks: 0 } }, AT_START, /hold.looks must be a whole number/],
    [{ hold: { forMs: 5000 } }, AT_START, /12 looks in 5s leave less than a second/],
    [{ rampAhead: [step(10)] }, AT_10, /must be above 10 %/],
    [{ rampAhead: [step(30), step(20)] }, AT_10, /rampAhead\[1\].weightPercent must be above 30 %/],
    [{ rampAhead: [{ weightPercent: 30 }] }, AT_10, /needs forMs and looks/],
    [{ rampAhead: [{ ...step(30), regions: ['mars'] }] }, AT_10, /regions of the plan: \[default\]/],
    [{ rampAhead: [step(30)] }, { ...NOTHING_PASSED, stage: 'audit', rampStep: 3 }, /^ramp is past$/],
    [{ gates: { deltaS: { pass: 0.7 } } }, AT_START, /pass must be less than block/],
    [
      { gates: { deltaS: { pas: 0.1 } } },
      AT_START,
      /gates.deltaS.pas cannot be tuned; pass, block, pairedRise can/,
    ],
    [{ gates: { history: { early: 'off' } } }, AT_START, /gates.history.early cannot be tuned; hours can/],
    [
      { gates: { serverErrors: { also: [429] } } },
      AT_START,
      /serverErrors.also cannot be tuned; nothing of it can/,
    ],
    [
      { gates: { clusters: { minUsers: 0 } } },
      AT_START,
      /gates.clusters.minUsers must be a whole number from 1/,
    ],
    [{ gates: { latency: 2 } }, AT_START, /no gate setting latency/],
    [{ gates: { off: ['nothing'] } }, AT_START, /gates.off must list gates of identity/],
    [{ gates: { minSamples: '5' } }, AT_START, /minSamples must be a whole number/],
    [{ gates: { minSamples: 1_000_001 } }, AT_START, /minSamples must be a whole number from 1 to 1000000/],
    [{ freezeMs: 1000 }, AT_START, /freezeMs must be longer than quiet \(5s\)/],
    [{ freezeMs: Number.NaN }, AT_START, /freezeMs must be a whole number of milliseconds/],
  ];
  for (const [change, at, reason] of wrong) {
    assert.match(checkTune(plan, change as Tune, at) ?? 'accepted', reason, JSON.stringify(change));
  }
  const both = checkTune(plan, { canary: { looks: 1 }, freezeMs: -1 }, AT_10);
  assert.match(both ?? '', /canary is past; freezeMs must/);
});

void test('whatever arrives, it is refused or leaves a plan whose weights rise', () => {
  fc.assert(
    fc.property(
      fc.object({
        key: fc.constantFrom('hold', 'gates', 'rampAhead', 'freezeMs', 'forMs', 'looks', '__proto__'),
      }),
      (change) => {
        const problem = checkTune(plan, change, AT_10);
        if (problem !== null) return;
        const weights = applyTune(plan, change, 1).ramp.map((one) => one.weightPercent);
        assert.deepEqual(
          weights,
          [...new Set(weights)].sort((a, b) => a - b),
        );
      },
    ),
  );
});
