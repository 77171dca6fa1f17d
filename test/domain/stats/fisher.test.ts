/** The exact test of two shares, against counts by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fisherExact } from '../../../src/domain/stats/index.ts';

const CASES: readonly [hits: number, trials: number, otherHits: number, otherTrials: number, p: number][] = [
  [5, 5, 0, 5, 1 / 252],
  [4, 4, 0, 4, 1 / 70],
  [1, 1, 0, 1, 1 / 2],
  [3, 5, 0, 5, 10 / 120],
  // The lady who tasted tea.
  [3, 4, 1, 4, 17 / 70],
  [0, 5, 5, 5, 1],
  [2, 2, 5, 5, 1],
  [0, 0, 3, 5, 1],
];

for (const [hits, trials, otherHits, otherTrials, p] of CASES) {
  test(`${hits} of ${trials} beside ${otherHits} of ${otherTrials}: p = ${p.toFixed(4)}`, () => {
    assert.ok(Math.abs(fisherExact(hits, trials, otherHits, otherTrials) - p) < 1e-9);
  });
}

test('counts that cannot be are refused', () => {
  assert.throws(() => fisherExact(2, 1, 0, 1), RangeError);
});
