/** Per region and per route: what one part shows when the whole looks well. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityKey } from '../../../src/domain/identity.ts';
import { IDENTITY } from '../../../scripts/sim-gates/input.ts';
import type { BuiltInGate } from '../../../src/domain/gate.ts';
import type { LookInput } from '../../../src/domain/look-input.ts';
import { check } from './cases.ts';
import { judged, midway, spread, traffic, USUAL, withSlices } from './kit.ts';
import type { Spec } from './spec-lines.ts';

const REGIONS = ['eu-west', 'us-east', 'ap-south', 'sa-east'] as const;
const EVERYWHERE = REGIONS.flatMap((region) =>
  (['blue', 'green'] as const).map((color): Spec => traffic(color, { region })),
);

/** Four healthy regions, of which green's part in one is changed. */
function inOne(gate: BuiltInGate, change: Partial<Spec>, of = 'us-east'): LookInput {
  const slices = EVERYWHERE.map((one) =>
    one.color === 'green' && one.region === of ? { ...one, ...change } : one,
  );
  return withSlices(gate, slices, { probes: null });
}

function onRoute(gate: BuiltInGate, change: Partial<Spec>): LookInput {
  const slices = ['answer', 'search', 'chat', 'notes'].flatMap((route) =>
    (['blue', 'green'] as const).map((color): Spec => {
      const one = traffic(color, { route });
      return color === 'green' && route === 'chat' ? { ...one, ...change } : one;
    }),
  );
  return withSlices(gate, slices, { probes: null });
}

/** 4,000 of 5,000 fast; the whole of four regions has its p95 where it was. */
const slowTail = [...spread(4500), ...spread(400, 6)];
const errors = { [USUAL]: 60 };

check('latency', [
  { name: 'four healthy regions pass', input: () => inOne('latency', {}), expect: 'pass ok' },
  {
    name: 'a slow region fails though the others hide it',
    input: () => midway(inOne('latency', { warmMs: spread(4900, 1.4) })),
    expect: 'fail p95_ratio_over_limit,in_one_region',
  },
  {
    name: 'a slow route fails',
    input: () => midway(onRoute('latency', { warmMs: spread(4900, 1.4) })),
    expect: 'fail p95_ratio_over_limit,on_one_route',
  },
  {
    name: 'a small slow region is no objection',
    input: () => inOne('latency', { requests: 20, warmMs: spread(20, 3) }),
    expect: 'pass ok',
  },
]);

/** Blue is down but in one region, in which green fails more. */
const downBut = (): LookInput =>
  withSlices(
    'error-rate',
    REGIONS.flatMap((region) => [
      traffic('blue', {
        region,
        requests: 2000,
        users: 20_000,
        errors: { [USUAL]: region === 'us-east' ? 10 : 1900 },
      }),
      traffic('green', { region, requests: 2000, errors: { [USUAL]: 200 } }),
    ]),
    { probes: null },
  );

check('error-rate', [
  {
    name: 'where the old color is down as a whole no region is judged',
    input: downBut,
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'four healthy regions pass',
    input: () => inOne('error-rate', {}),
    expect: 'pass ok',
  },
  {
    name: 'a failing region fails',
    input: () => midway(inOne('error-rate', { errors })),
    expect: 'fail error_rate_over_limit,in_one_region',
  },
  {
    name: 'a failing route fails',
    input: () => midway(onRoute('error-rate', { errors })),
    expect: 'fail error_rate_over_limit,on_one_route',
  },
]);

check('cache', [
  { name: 'four healthy regions pass', input: () => inOne('cache', {}), expect: 'pass ok' },
  {
    name: 'a region that lost its cache fails',
    input: () => midway(inOne('cache', { cache: { lookups: 3000, hits: 2100 } })),
    expect: 'fail cache_hit_drop,in_one_region',
  },
]);

check('identity', [
  {
    name: 'a region on another index is named (hard stop of the second region)',
    input: () =>
      inOne('identity', { identities: { [identityKey({ ...IDENTITY, INDEX_HASH: 'other' })]: 4900 } }),
    expect: 'fail identity_mismatch,differs_across_regions',
  },
]);

void test('the record of a part shows the part first and the whole beside it', () => {
  const record = judged(inOne('latency', { warmMs: spread(4900, 1.4) }));
  assert.match(record.summary, /^In region us-east: /);
  assert.match(record.series?.[0]?.name ?? '', /^region us-east/);
  assert.ok(record.series?.some(({ name }) => name === 'users'));
});

void test('the whole of these four regions alone would have passed', () => {
  const merged = inOne('latency', { warmMs: slowTail });
  const one = (color: 'blue' | 'green') => {
    const slices = (merged.traffic?.slices ?? []) as readonly Spec[];
    const ours = slices.filter((slice) => slice.color === color);
    return traffic(color, { warmMs: ours.flatMap((slice) => slice.warmMs) });
  };
  assert.equal(judged(withSlices('latency', [one('blue'), one('green')], { probes: null })).verdict, 'pass');
  assert.equal(judged(merged).verdict, 'fail');
});
