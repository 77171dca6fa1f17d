/** Hours of a day that a plan leaves out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOURS_OF_DAY, isInHours } from '../../src/domain/day-hours.ts';

const MINUTE_MS = 60_000;
const at = (hours: number, minutes = 0): number => Date.UTC(2026, 2, 1, hours, minutes);

void test('a stretch is left out when any of it lies in a span, also one over midnight', () => {
  const night = ['23:30-00:30', '02:00-03:30'];
  const cases: readonly [number, number, boolean][] = [
    [at(2), 5, true],
    [at(1, 55), 5, false],
    [at(1, 56), 5, true],
    [at(3, 30), 5, false],
    [at(23, 30), 5, true],
    [at(0, 25), 5, true],
    [at(0, 30), 5, false],
    [at(23, 0), 60, true],
  ];
  for (const [startMs, minutes, expected] of cases)
    assert.equal(isInHours(startMs, minutes * MINUTE_MS, night), expected, new Date(startMs).toISOString());
  assert.equal(isInHours(at(2), MINUTE_MS, []), false);
});

void test('a span is two times of a day', () => {
  for (const good of ['00:00-23:59', '22:00-04:00']) assert.match(good, HOURS_OF_DAY);
  for (const bad of ['2:00-3:00', '24:00-01:00', '02:00', '02:60-03:00', '02:00-03:00 UTC'])
    assert.doesNotMatch(bad, HOURS_OF_DAY);
});
