/** A source that counts requests and knows no users: it never fails and never proves, and over the limit twice running it objects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Baseline } from '../../../src/domain/look-input.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';
import { check } from './cases.ts';
import { counted, type Parts } from './counted-hour.ts';
import { broken, HOUR_MS, judged, probes, spread, traffic, USUAL } from './kit.ts';

const failing = { errors: { [USUAL]: 120 } };
const slow = { warmMs: spread(4875, 1.6) };
/** Green fails all of its requests in these minutes. */
const failsWithin =
  (from: number, to: number): NonNullable<Parts['change']> =>
  (line, minute) =>
    line.color === 'green' && minute >= from && minute < to ? { ok: false, error: USUAL } : {};

check('error-rate without users', [
  {
    name: 'a healthy color is not proved',
    input: () => counted('error-rate', {}),
    expect: 'inconclusive underpowered,users_unknown',
  },
  {
    name: 'a color that fails nothing at all is not proved either',
    input: () => counted('error-rate', { errors: {} }),
    expect: 'inconclusive underpowered,users_unknown',
  },
  {
    name: 'five times the errors, at this look and at the one before, object',
    input: () => counted('error-rate', failing),
    expect: 'inconclusive over_limit_twice',
  },
  {
    name: 'a color that is down in all of its requests does not fail',
    input: () => counted('error-rate', { warmMs: [], errors: { [USUAL]: 4900 } }),
    expect: 'inconclusive over_limit_twice',
  },
  {
    name: 'over the limit at one look is undecided',
    input: () => counted('error-rate', failing, { index: 4 }),
    expect: 'inconclusive underpowered,over_limit_once',
  },
  {
    name: 'a color that is bad for a few minutes does not stand out of how it strays',
    input: () => counted('error-rate', {}, { change: failsWithin(20, 24) }),
    expect: 'inconclusive underpowered,users_unknown',
  },
  {
    name: 'nothing is over the limit before three blocks',
    input: () => counted('error-rate', failing, { index: 2 }),
    expect: 'inconclusive underpowered,users_unknown',
  },
  {
    name: 'the first look has none before it',
    input: () => counted('error-rate', failing, { index: 1 }),
    expect: 'inconclusive underpowered,users_unknown',
  },
  {
    name: 'after the flip the rate from before it stands for the other color',
    input: () => counted('error-rate', failing, { isAlone: true, baseline: before(25) }),
    expect: 'inconclusive over_limit_twice',
  },
  {
    name: 'after the flip a color as before it is not proved',
    input: () => counted('error-rate', {}, { isAlone: true, baseline: before(25) }),
    expect: 'inconclusive underpowered,users_unknown',
  },
]);

check('latency without users', [
  {
    name: 'a healthy color is not proved',
    input: () => counted('latency', {}),
    expect: 'inconclusive underpowered,p95_not_proved',
  },
  {
    name: 'slower at two looks running objects',
    input: () => counted('latency', slow),
    expect: 'inconclusive over_limit_twice',
  },
  {
    name: 'ten times slower does not fail',
    input: () => counted('latency', { warmMs: spread(4875, 10) }),
    expect: 'inconclusive over_limit_twice',
  },
  { name: 'probes prove it', input: () => counted('latency', {}, { probes: probes() }), expect: 'pass ok' },
  {
    name: 'probes do not prove it while users’ requests are slower at two looks running',
    input: () => counted('latency', slow, { probes: probes() }),
    expect: 'inconclusive sources_disagree',
  },
  {
    name: 'probes fail it',
    input: () =>
      counted(
        'latency',
        {},
        { probes: probes({ to: broken(60, { latencyMs: { tffb: 20, tusable: 400, tfinal: 400 } }) }) },
      ),
    expect: 'fail p95_ratio_over_limit',
  },
]);

function before(errors: number): Baseline {
  const slices = [{ ...traffic('blue', { errors: { [USUAL]: errors } }) }];
  const at = { fromMs: START_MS - HOUR_MS, toMs: START_MS, freshestMs: START_MS - 1 };
  return {
    capturedAtMs: START_MS,
    probes: null,
    traffic: { ...at, slices, flipBacks: 0, foreignCacheLookups: 0, sums: null },
  };
}

void test('the words say what the source cannot know and what would prove it, and no word is of users', () => {
  for (const record of [judged(counted('error-rate', failing)), judged(counted('latency', slow))]) {
    assert.match(record.summary, /^Over the limit at two looks running: /);
    assert.match(record.summary, /prometheus counts requests and not users/);
    assert.match(
      record.summary,
      /Request lines would \(telemetry duckdb or clickhouse\), or a custom gate\./,
    );
    assert.doesNotMatch(record.summary, /users of green/);
    assert.deepEqual([record.clusters?.users, record.clusters?.failedBy], [null, null]);
    assert.equal(record.power, null);
  }
});
