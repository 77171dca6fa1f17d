/** Error rate and error novelty. */
import type { LookInput } from '../../../src/domain/look-input.ts';
import { check } from './cases.ts';
import { look, midway, probes, stale, traffic, USUAL, withSlices } from './kit.ts';

const rates = (from: number, to: number, requests = 5000, change: Partial<LookInput> = {}) =>
  withSlices(
    'error-rate',
    [traffic('blue', { errors: { [USUAL]: from } }), traffic('green', { requests, errors: { [USUAL]: to } })],
    change,
  );

check('error-rate', [
  { name: 'no errors in 5,000 requests prove the floor', input: () => rates(2, 0), expect: 'pass ok' },
  {
    name: 'equal high rates prove too little at this size',
    input: () => rates(25, 25),
    expect: 'inconclusive underpowered',
  },
  {
    name: 'four times the errors fail in the middle',
    input: () => midway(rates(25, 100)),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'a healthy middle look waits for the end',
    input: () => midway(rates(2, 0)),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'few requests are underpowered',
    input: () => rates(2, 0, 20),
    expect: 'inconclusive underpowered,too_few',
  },
  {
    name: 'a rate under the floor never fails, whatever its ratio',
    input: () =>
      withSlices('error-rate', [
        traffic('blue', { requests: 1_000_000, errors: { [USUAL]: 10 } }),
        traffic('green', { requests: 100_000, errors: { [USUAL]: 60 } }),
      ]),
    expect: 'pass ok',
  },
  {
    name: 'a baseline that is down is not `to`’s fault',
    input: () => rates(4000, 4500),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'no telemetry is no data',
    input: () => look('error-rate', { traffic: null }),
    expect: 'inconclusive no_data',
  },
  { name: 'stale telemetry is no pass', input: () => stale(rates(2, 0)), expect: 'inconclusive stale' },
  {
    name: 'a silent arm on which requests were due is one-sided',
    input: () => withSlices('error-rate', [traffic('blue', { requests: 9000 })]),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'a silent arm at 1 % of little traffic is only underpowered',
    input: () => withSlices('error-rate', [traffic('blue', { requests: 300 })]),
    expect: 'inconclusive underpowered,no_data_yet',
  },
  {
    name: 'the weight says how many were due',
    input: () => withSlices('error-rate', [traffic('blue', { requests: 300 })], { weightPercent: 50 }),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'after the flip the baseline is compared with',
    input: () =>
      withSlices('error-rate', [traffic('green', { errors: { [USUAL]: 0 } })], {
        baseline: {
          capturedAtMs: 0,
          probes: null,
          traffic: {
            fromMs: 0,
            toMs: 1,
            freshestMs: 1,
            slices: [traffic('blue')],
            flipBacks: 0,
            sums: null,
            foreignCacheLookups: 0,
          },
        },
      }),
    expect: 'pass ok',
  },
  {
    name: 'nothing to compare with is one-sided',
    input: () => withSlices('error-rate', [traffic('green')]),
    expect: 'inconclusive one_sided',
  },
]);

const CUT = 'body:truncated';
const fresh = (count: number, change: Partial<LookInput> = {}) =>
  withSlices(
    'error-novelty',
    [traffic('blue'), traffic('green', { requests: 1000, errors: { [CUT]: count } })],
    {
      probes: null,
      ...change,
    },
  );

const FEW = { requests: 2000, classes: { [USUAL]: 1 } };

check('error-novelty', [
  { name: 'known classes pass at the end', input: () => look('error-novelty'), expect: 'pass ok' },
  {
    name: 'known classes wait in the middle',
    input: () => midway(look('error-novelty')),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'a new class seen once is a suspect that blocks',
    input: () => fresh(1),
    expect: 'inconclusive new_error_suspect',
  },
  {
    name: 'one that came once and not again in replays is too little to object',
    input: () => fresh(1, { replays: [{ errorClass: CUT, onTo: 0, onFrom: 0, tries: 3 }] }),
    expect: 'inconclusive underpowered,new_error_once',
  },
  {
    name: 'one that came twice stays a suspect though replays went well',
    input: () => fresh(2, { replays: [{ errorClass: CUT, onTo: 0, onFrom: 0, tries: 3 }], catalogue: FEW }),
    expect: 'inconclusive new_error_suspect',
  },
  { name: 'a new class beyond chance fails', input: () => midway(fresh(3)), expect: 'fail new_error_class' },
  {
    name: 'a class reproduced on `to` only fails at once',
    input: () => midway(fresh(1, { replays: [{ errorClass: CUT, onTo: 2, onFrom: 0, tries: 3 }] })),
    expect: 'fail new_error_reproduced',
  },
  {
    name: 'a class reproduced on both is not new',
    input: () => fresh(3, { replays: [{ errorClass: CUT, onTo: 3, onFrom: 3, tries: 3 }] }),
    expect: 'pass ok',
  },
  {
    name: 'a class of the day before is not new',
    input: () => fresh(5, { catalogue: { requests: 100_000, classes: { [CUT]: 1 } } }),
    expect: 'pass ok',
  },
  {
    name: 'probes show new classes too',
    input: () =>
      look('error-novelty', {
        probes: probes({
          to: (_, question) => (question < 3 ? { error: CUT, latencyMs: null, deltaS: null } : {}),
        }),
      }),
    expect: 'fail new_error_class',
  },
  {
    name: 'without a catalogue or a control nothing is known',
    input: () => withSlices('error-novelty', [traffic('green')], { catalogue: null, probes: null }),
    expect: 'inconclusive no_catalogue',
  },
  {
    name: 'stale telemetry is no pass',
    input: () => stale(look('error-novelty')),
    expect: 'inconclusive stale',
  },
  {
    name: 'no data is no pass',
    input: () => look('error-novelty', { traffic: null, probes: null, catalogue: null }),
    expect: 'inconclusive no_data',
  },
]);
