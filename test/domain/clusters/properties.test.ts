/** Laws of sums and verdicts that hold for any traffic. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import {
  judgeCache,
  judgeErrorRate,
  mergeErrors,
  type ErrorSums,
  type LookTerms,
} from '../../../src/domain/clusters/index.ts';
import { judgeNovelty } from '../../../src/domain/clusters/novelty.ts';
import { NOTHING_RECENT, seriesOf, type Cell } from './build.ts';

const GRID = { tickMs: 60_000, blockTicks: 5, ticks: 30 };
const LIMITS = { errorRatio: 1.2, errorFloor: 0.001 };
const TERMS: LookTerms = {
  grid: GRID,
  holdMs: 3_600_000,
  alpha: 0.001,
  passAlpha: 0.05 / 3,
  minSamples: 59,
  minUsers: 3,
  early: true,
};

const cellOf = (least: number, most: number): fc.Arbitrary<Cell> =>
  fc
    .record({
      bin: fc.integer({ min: least, max: most }),
      tick: fc.integer({ min: 0, max: GRID.ticks - 1 }),
      n: fc.integer({ min: 1, max: 50 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ bin, tick, n, share }) => ({ bin, tick, n, x: Math.round(n * share) }));

function sumsOf(to: readonly Cell[], from: readonly Cell[]): ErrorSums {
  return {
    grid: GRID,
    arms: { to: seriesOf(to, GRID), from: seriesOf(from, GRID) },
    recent: { to: NOTHING_RECENT, from: NOTHING_RECENT },
  };
}

const shard = (least: number, most: number): fc.Arbitrary<ErrorSums> =>
  fc
    .tuple(fc.array(cellOf(least, most), { maxLength: 60 }), fc.array(cellOf(least, most), { maxLength: 60 }))
    .map(([to, from]) => sumsOf(to, from));

const day = fc.array(
  fc.option(
    fc.record({ trials: fc.integer({ min: 0, max: 3000 }), events: fc.integer({ min: 0, max: 40 }) }),
  ),
  { minLength: 100, maxLength: 288 },
);

void test('shards by user merge in any order, and give the same verdict bit for bit', () => {
  fc.assert(
    fc.property(shard(0, 99), shard(100, 199), shard(200, 299), (a, b, c) => {
      const left = mergeErrors(mergeErrors(a, b), c);
      const right = mergeErrors(a, mergeErrors(c, b));
      assert.equal(canonicalJson(left), canonicalJson(right));
      assert.equal(
        canonicalJson(judgeErrorRate(left, LIMITS, TERMS)),
        canonicalJson(judgeErrorRate(right, LIMITS, TERMS)),
      );
    }),
    { numRuns: 60 },
  );
});

void test('merged shards are what one pass over all lines gives', () => {
  const cells = (least: number, most: number): fc.Arbitrary<Cell[]> =>
    fc.array(cellOf(least, most), { maxLength: 80 });
  fc.assert(
    fc.property(cells(0, 99), cells(100, 511), cells(0, 99), cells(100, 511), (a, b, c, d) => {
      assert.equal(
        canonicalJson(mergeErrors(sumsOf(a, c), sumsOf(b, d))),
        canonicalJson(sumsOf([...a, ...b], [...c, ...d])),
      );
    }),
    { numRuns: 60 },
  );
});

void test('sums that share a user bin are not merged: their cells would be squared apart', () => {
  const cell = { bin: 7, tick: 3, n: 2, x: 1 };
  assert.throws(() => mergeErrors(sumsOf([cell], []), sumsOf([cell], [])), /user bin 7 is in both/);
});

/** Every number of a ruling, with its path. */
function numbersOf(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersOf(inner, `${path}.${key}`));
}

void test('no verdict holds NaN or Infinity, whatever the arms: empty, one user, one block, all failing', () => {
  const arms: readonly (readonly Cell[])[] = [
    [],
    [{ bin: 1, tick: 29, n: 500, x: 500 }],
    [{ bin: 1, tick: 0, n: 500, x: 0 }],
    Array.from({ length: 30 }, (_, tick) => ({ bin: 3, tick, n: 10, x: 1 })),
    Array.from({ length: 300 }, (_, i) => ({ bin: i, tick: i % 5, n: 3, x: 3 })),
    Array.from({ length: 300 }, (_, i) => ({ bin: i, tick: i % 30, n: 3, x: 3 })),
    Array.from({ length: 300 }, (_, i) => ({ bin: i, tick: i % 30, n: 3, x: 0 })),
  ];
  for (const to of arms)
    for (const from of arms)
      for (const past of [null, Array.from({ length: 288 }, () => ({ trials: 900, events: 3 }))])
        for (const ticks of [4, 5, 12, 30]) {
          const grid = { ...GRID, ticks };
          const cut = (cells: readonly Cell[]): Cell[] => cells.filter(({ tick }) => tick < ticks);
          const sums = {
            ...sumsOf([], []),
            grid,
            arms: { to: seriesOf(cut(to), grid), from: seriesOf(cut(from), grid) },
          };
          const ruling = judgeErrorRate(sums, LIMITS, { ...TERMS, grid }, past);
          for (const [path, number] of numbersOf(ruling)) assert.ok(Number.isFinite(number), path);
          for (const alone of [to, from])
            if (alone.length === 0) assert.equal(ruling?.verdict, 'inconclusive');
        }
});

void test('no verdict holds NaN or Infinity for any cells and any day', () => {
  fc.assert(
    fc.property(shard(0, 511), day, (sums, past) => {
      for (const [path, number] of numbersOf(judgeErrorRate(sums, LIMITS, TERMS, past)))
        assert.ok(Number.isFinite(number), path);
    }),
    { numRuns: 100 },
  );
});

void test('one client never decides, however much it fails and wherever', () => {
  const healthy = Array.from({ length: 4000 }, (_, i) => ({ bin: i % 400, tick: i % 30, n: 3, x: 0 }));
  fc.assert(
    fc.property(
      fc.array(fc.record({ tick: fc.integer({ min: 0, max: 29 }), n: fc.integer({ min: 1, max: 5000 }) }), {
        minLength: 1,
        maxLength: 60,
      }),
      fc.boolean(),
      (bursts, early) => {
        const client = bursts.map(({ tick, n }) => ({ bin: 5, tick, n, x: n }));
        const past = early ? Array.from({ length: 288 }, () => ({ trials: 1000, events: 0 })) : null;
        const sums = sumsOf([...healthy, ...client], healthy);
        // Another user of the same bin may fail as well: still one short of three.
        for (const affected of [1, 2]) {
          const to = { ...sums.arms.to, events: { ...sums.arms.to.events, users: affected } };
          const all = client.reduce((sum, { n }) => sum + n, 0);
          const recent = {
            to: { trials: [all, all, all], events: [all, all, all], users: 200, affected },
            from: { trials: [9, 9, 9], events: [0, 0, 0], users: 200, affected: 0 },
          };
          const ruling = judgeErrorRate({ ...sums, arms: { ...sums.arms, to }, recent }, LIMITS, TERMS, past);
          assert.notEqual(ruling?.verdict, 'fail');
          assert.ok(ruling?.stoppedBy.includes('few'));
        }
      },
    ),
    { numRuns: 60 },
  );
});

void test('one client never makes a class new', () => {
  const [found] = judgeNovelty(
    [{ name: 'body:timeout', users: 1, byBlock: [1, 1, 1], apart: [1, 1, 1] }],
    { to: 1000, from: 1000, day: 1e6 },
    { alpha: 0.001, minUsers: 3 },
  );
  assert.deepEqual([found?.isNew, found?.stoppedBy[0]], [false, 'few']);
});

void test('an empty cache says nothing', () => {
  const none = { strata: { trials: [], hits: [] }, series: seriesOf([], GRID) };
  const ruling = judgeCache(
    { grid: GRID, arms: { to: none, from: none } },
    { alpha: 0.001, passAlpha: 0.02, cacheDrop: 0.05, share: 0.1, maxShare: 0.5, minSamples: 59 },
  );
  assert.equal(ruling.verdict, 'inconclusive');
  for (const [path, number] of numbersOf(ruling)) assert.ok(Number.isFinite(number), path);
});
