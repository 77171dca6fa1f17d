/** Buckets of a source as ours: nothing is lost, and a quantile is where the source's own rule puts it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketMs,
  histogramSize,
  LAST_BUCKET,
  p95Ms,
  quantileBucket,
} from '../../src/domain/clusters/index.ts';
import { randomOf } from '../../src/providers/simulated/random.ts';
import { fromCumulative, ourBuckets } from '../../src/providers/source-buckets.ts';

const near = (seen: number | null, wanted: number): void =>
  assert.ok(seen !== null && Math.abs(seen / wanted - 1) < 0.011, `${seen} and ${wanted}`);

test('a bucket is spread evenly, so its middle is its median', () => {
  const histogram = ourBuckets([{ lowerMs: 100, upperMs: 300, count: 1000 }]);
  assert.equal(histogramSize(histogram), 1000);
  near(bucketMs(quantileBucket(histogram, 0.5) ?? 0), 200);
  near(p95Ms(histogram), 290);
});

test('cumulative counts are differences, in any order, with the fastest from 0 on', () => {
  const buckets = fromCumulative([
    { upperMs: Infinity, count: 100 },
    { upperMs: 200, count: 80 },
    { upperMs: 100, count: 60 },
  ]);
  assert.deepEqual(buckets, [
    { lowerMs: 0, upperMs: 100, count: 60 },
    { lowerMs: 100, upperMs: 200, count: 20 },
    { lowerMs: 200, upperMs: Infinity, count: 20 },
  ]);
});

test('a count that falls is flat: counters were scraped at different moments', () => {
  const buckets = fromCumulative([
    { upperMs: 100, count: 60 },
    { upperMs: 200, count: 58 },
    { upperMs: 400, count: 70 },
  ]);
  assert.deepEqual(
    buckets.map(({ count }) => count),
    [60, 0, 10],
  );
});

test('beyond the last edge requests are slower than it, and no more is said', () => {
  const histogram = ourBuckets(
    fromCumulative([
      { upperMs: 100, count: 90 },
      { upperMs: Infinity, count: 100 },
    ]),
  );
  assert.equal(histogramSize(histogram), 100);
  near(p95Ms(histogram), 100.5);
});

test('what lies outside of our buckets, below 0 or at a point is counted all the same', () => {
  const histogram = ourBuckets([
    { lowerMs: -1, upperMs: 0.001, count: 3 },
    { lowerMs: 50, upperMs: 50, count: 4 },
    { lowerMs: 5_000_000, upperMs: 9_000_000, count: 5 },
  ]);
  assert.equal(histogramSize(histogram), 12);
  assert.equal(histogram.first + histogram.counts.length - 1, LAST_BUCKET);
});

test('no request is lost or invented, whatever the buckets and however they were extrapolated', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = randomOf(seed, 'buckets');
    let at = 0;
    const cumulative = Array.from({ length: 1 + Math.floor(random.next() * 30) }, () => {
      at += Math.exp(8 * random.next() - 2);
      return { upperMs: at, count: 0 };
    });
    let count = 0;
    const given = cumulative.map(({ upperMs }) => ({ upperMs, count: (count += 40 * random.next()) }));
    const { counts } = ourBuckets(fromCumulative(given));
    assert.ok(
      counts.every((n) => Number.isInteger(n) && n >= 0),
      `seed ${seed}`,
    );
    assert.equal(
      counts.reduce((sum, n) => sum + n, 0),
      Math.round(count),
      `seed ${seed}`,
    );
  }
});
