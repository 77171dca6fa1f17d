import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketOfMs,
  countLines,
  limitsOf,
  mergeErrors,
  mergeLatency,
  userBin,
  type CountedLine,
  type PartLimits,
  type PartSums,
} from '../../../src/domain/clusters/index.ts';
import { FAILED, line, TERMS, total, userOf, wholeOf } from './lines.ts';

const SLOW: PartLimits = {
  part: null,
  final: {
    ownMs: { to: 126, from: 110 },
    baseMs: [100, 200, 100],
    ratios: [1.25, 2],
    farMs: 500,
  },
  usable: null,
  weights: null,
};

test('latency counts warm successes: over the arm’s own limit, and slow by block', () => {
  const blue = (second: number, tfinalMs: number): CountedLine => line(second, { color: 'blue', tfinalMs });
  const { parts } = countLines(
    [
      line(0, { tfinalMs: 125 }),
      line(60, { tfinalMs: 126 }),
      line(240, { tfinalMs: 126 }),
      line(241, { tfinalMs: 120 }),
      line(242, { tfinalMs: 501 }),
      line(243, { tfinalMs: 900, cold: true }),
      line(244, { tfinalMs: 900, ...FAILED }),
      blue(60, 150),
      blue(240, 150),
    ],
    TERMS,
    () => [SLOW],
  );
  const final = parts[0]?.final;
  const { to, from } = final?.arms ?? assert.fail();
  assert.deepEqual(to.trials.byTick, [1, 1, 0, 0, 3, 0, 0]);
  assert.deepEqual(to.own.byTick, [0, 0, 0, 0, 1, 0, 0], '126 is not over 126');
  assert.deepEqual(
    to.slow['1.25']?.byTick,
    [0, 0, 0, 0, 2, 0, 0],
    '125 is not over 1.25 × 100; 126 is under 1.25 × 200',
  );
  assert.deepEqual(to.slow['2']?.byTick, [0, 0, 0, 0, 1, 0, 0]);
  assert.deepEqual(Object.keys(from?.slow ?? {}), ['1']);
  assert.deepEqual(from?.slow['1']?.byTick, [0, 0, 0, 0, 1, 0, 0]);
  assert.deepEqual(from?.own.byTick, [0, 1, 0, 0, 1, 0, 0]);
  assert.deepEqual(final?.recent.to, {
    trials: [1, 0, 0, 3, 0, 0],
    events: [0, 0, 0, 1, 0, 0],
    users: 1,
    affected: 1,
  });
});

test('histograms are by block, the short oldest one first; usable text of those that tell it', () => {
  countLines(
    [
      line(0, { tfinalMs: 100, tusableMs: 40 }),
      line(60, { tfinalMs: 200 }),
      line(239, { tfinalMs: 200, tusableMs: 40 }),
      line(240, { tfinalMs: 300, cold: true, tusableMs: 40 }),
    ],
    TERMS,
    ([seen]) => {
      const one = (ms: number, n: number) => ({ first: bucketOfMs(ms), counts: [n] });
      const none = { first: 0, counts: [] };
      assert.deepEqual(seen?.final, { to: [one(100, 1), one(200, 2), none], from: [none, none, none] });
      assert.deepEqual(seen?.usable.to, [one(40, 1), one(40, 1), none]);
      assert.deepEqual(seen?.requests, { to: 4, from: 0 });
      return [];
    },
  );
});

test('alone, only `to` and only the whole are counted, against the limits of the day', () => {
  const lines = [
    line(0, { tfinalMs: 126 }),
    line(1, { color: 'blue' }),
    line(240, { ...FAILED, region: 'us' }),
  ];
  const ownMs = { to: 120, from: null };
  const sums = countLines(lines, { ...TERMS, from: null }, (seen) => {
    assert.deepEqual(
      seen.map(({ part, requests, final, strata }) => [part, requests, final.from, strata]),
      [[null, { to: 2, from: null }, null, null]],
    );
    return [{ ...SLOW, final: SLOW.final === null ? null : { ...SLOW.final, ownMs } }];
  });
  const { errors, final } = wholeOf(sums);
  assert.deepEqual([errors.arms.from, errors.recent.from], [null, null]);
  assert.equal(total(errors.arms.to.events.byBin), 1);
  assert.equal(final?.arms.from, null);
  assert.equal(final?.recent.from, null);
  assert.equal(total(final?.arms.to.slow['1.25']?.byBin ?? []), 1);
  assert.deepEqual(sums.novelty, {
    classes: [{ name: FAILED.error, users: 1, byBlock: [0, 0, 1], apart: [1, 0, 0] }],
    users: { to: 1, from: null },
  });
});

test('sums of two shards by user are the sums of the whole', () => {
  const lines = Array.from({ length: 600 }, (_, i): CountedLine => {
    const who = (i * 7) % 50;
    return line((i * 0.7) % 420, {
      user: userOf(who),
      color: who % 3 === 0 ? 'blue' : 'green',
      instance: `i${i % 4}`,
      tfinalMs: 60 + ((i * 37) % 240),
      ...(i % 11 === 0 ? FAILED : {}),
    });
  });
  const shard = (of: (who: number) => boolean): PartSums =>
    wholeOf(
      countLines(
        lines.filter(({ user }) => of(userBin({ user, atMs: 0 }))),
        TERMS,
        () => [SLOW],
      ),
    );
  const [one, two, all] = [shard((who) => who < 20), shard((who) => who >= 20), shard(() => true)];
  assert.deepEqual(mergeErrors(one.errors, two.errors), all.errors);
  assert.ok(one.final && two.final && all.final);
  assert.deepEqual(mergeLatency(one.final, two.final), all.final);
});

test('what the limits of a real look ask for is counted: parts of two regions, all stored ratios', () => {
  const lines = Array.from({ length: 400 }, (_, i) =>
    line(i, {
      user: userOf(i % 40),
      region: i % 4 < 2 ? 'eu' : 'us',
      color: i % 2 === 0 ? 'blue' : 'green',
      tfinalMs: 100 + (i % 17),
      tusableMs: 30 + (i % 5),
    }),
  );
  const { parts } = countLines(lines, TERMS, (seen) => limitsOf(seen, TERMS, 1.3, null));
  assert.deepEqual(
    parts.map(({ part }) => part?.name ?? 'all'),
    ['all', 'eu', 'us'],
  );
  for (const { final, usable } of parts) {
    assert.deepEqual(Object.keys(final?.arms.to.slow ?? {}), ['2', '1.05', '1.1', '1.25', '1.3', '1.5']);
    assert.notEqual(usable, null);
  }
});
