/** Cache and cold starts. */
import { check } from './cases.ts';
import { hour, look, midway, spread, stale, traffic, withSlices } from './kit.ts';

const rate = (hits: number, lookups = 3000) =>
  withSlices('cache', [traffic('blue'), traffic('green', { cache: { lookups, hits } })]);
const uncached = (requests: number) =>
  withSlices(
    'cache',
    (['blue', 'green'] as const).map((color) => traffic(color, { requests, cache: { lookups: 0, hits: 0 } })),
  );
/** Green finds nothing in some minutes. */
const emptied = (isEmpty: (minute: number) => boolean) =>
  hour('cache', [traffic('blue'), traffic('green')], {
    change: ({ color, cache }, minute) =>
      color === 'green' && cache !== null && isEmpty(minute) ? { cache: { ...cache, hit: false } } : {},
  });
const foreign = () => {
  const input = look('cache');
  return { ...input, traffic: input.traffic === null ? null : { ...input.traffic, foreignCacheLookups: 1 } };
};

check('cache', [
  { name: 'equal hit rates pass at the end', input: () => rate(2400), expect: 'pass ok' },
  {
    name: 'equal hit rates wait in the middle',
    input: () => midway(rate(2400)),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'twelve points less fail in the middle',
    input: () => midway(rate(2040)),
    expect: 'fail cache_hit_drop',
  },
  {
    name: 'six points less are not decided and object',
    input: () => rate(2220),
    expect: 'inconclusive cache_suspect',
  },
  {
    name: 'four points less at this size are underpowered',
    input: () => rate(2280),
    expect: 'inconclusive underpowered',
  },
  {
    name: 'a rise of twelve points warns of a leak',
    input: () => rate(2760),
    expect: 'pass cache_rise_leak',
  },
  {
    name: 'one answer from the other prefix fails, even stale and midway',
    input: () => midway(stale(foreign())),
    expect: 'fail cache_foreign_prefix',
  },
  {
    name: 'few lookups are underpowered',
    input: () => rate(20, 30),
    expect: 'inconclusive underpowered,too_few',
  },
  {
    name: 'no lookups on `to` yet are underpowered',
    input: () => rate(0, 0),
    expect: 'inconclusive underpowered,too_few',
  },
  {
    name: 'a service that caches nothing has no hit rate to judge (A5)',
    input: () => uncached(5000),
    expect: 'skipped nothing_cached',
  },
  {
    name: 'few requests without a lookup do not say that there are none (A5)',
    input: () => uncached(20),
    expect: 'inconclusive underpowered,too_few',
  },
  {
    name: 'lookups that stopped being told are stale',
    input: () => stale(uncached(5000)),
    expect: 'inconclusive stale',
  },
  {
    name: 'where `from` tells no lifetime there is nothing to compare',
    input: () => withSlices('cache', [traffic('blue', { cache: { lookups: 0, hits: 0 } }), traffic('green')]),
    expect: 'skipped nothing_cached',
  },
  {
    name: 'above half of the users the busier color evicts more: not judged',
    input: () =>
      withSlices('cache', [traffic('blue'), traffic('green', { cache: { lookups: 3000, hits: 1500 } })], {
        weightPercent: 51,
      }),
    expect: 'skipped cache_share_over',
  },
  {
    name: 'up to which share is up to the plan',
    input: () =>
      hour(
        'cache',
        [traffic('blue'), traffic('green', { cache: { lookups: 3000, hits: 1500 } })],
        { settings: { cache: { drop: 0.05, maxShare: 0.9 } } },
        { weightPercent: 51 },
      ),
    expect: 'fail cache_hit_drop',
  },
  {
    name: 'after the flip there is nobody to compare with',
    input: () => hour('cache', [traffic('green')], { isAlone: true }),
    expect: 'skipped no_exposure',
  },
  {
    name: 'a cache that was emptied once is no fault',
    input: () => emptied((minute) => minute >= 30 && minute < 38),
    expect: 'inconclusive underpowered,cache_not_proved',
  },
  {
    name: 'one that is emptied all the time is',
    input: () => emptied((minute) => minute % 3 === 0),
    expect: 'fail cache_hit_drop',
  },
  {
    name: 'no telemetry is no data',
    input: () => look('cache', { traffic: null }),
    expect: 'inconclusive no_data',
  },
  { name: 'stale telemetry is no pass', input: () => stale(rate(2400)), expect: 'inconclusive stale' },
  {
    name: 'a side without users is one-sided',
    input: () => withSlices('cache', [traffic('green')]),
    expect: 'inconclusive one_sided',
  },
]);

const cold = (share: number, scale = 1) =>
  withSlices('cold-start', [
    traffic('blue', { requests: 5002, warmMs: spread(4950), warm: 4950, cold: 50 }),
    traffic('green', {
      requests: 5002,
      warmMs: spread(5000 * (1 - share), scale),
      warm: 5000 * (1 - share),
      cold: 5000 * share,
    }),
  ]);

check('cold-start', [
  { name: 'as many cold starts pass', input: () => cold(0.01), expect: 'pass ok' },
  { name: 'doubled but rare cold starts warn', input: () => cold(0.045), expect: 'pass cold_rate_doubled' },
  { name: 'when only cold is worse it fails and says so', input: () => cold(0.2), expect: 'fail cold_only' },
  {
    name: 'when warm is worse too the latency gate speaks',
    input: () => cold(0.2, 2),
    expect: 'inconclusive cold_and_warm_worse',
  },
  { name: 'the middle look fails too', input: () => midway(cold(0.2)), expect: 'fail cold_only' },
  {
    name: 'the middle look does not pass',
    input: () => midway(cold(0.01)),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  { name: 'stale telemetry is no pass', input: () => stale(cold(0.01)), expect: 'inconclusive stale' },
  {
    name: 'no telemetry is no data',
    input: () => look('cold-start', { traffic: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'few requests are underpowered',
    input: () =>
      withSlices('cold-start', [traffic('blue'), traffic('green', { requests: 20, warmMs: spread(20) })]),
    expect: 'inconclusive underpowered,too_few',
  },
]);
