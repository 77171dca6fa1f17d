/** One reading of `Retry-After`, for every service that sends it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseMs, retryAfterMs } from '../../src/domain/retry-after.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

test('Retry-After is seconds or a date, never less than nothing, and null when nobody can read it', () => {
  const cases: [string | null, number | null][] = [
    ['3', 3000],
    [' 0 ', 0],
    ['1.5', 1500],
    ['-4', 0],
    ['Thu, 15 Jan 2026 12:00:07 GMT', 7000],
    ['Thu, 15 Jan 2026 11:00:00 GMT', 0],
    [null, null],
    ['', null],
    ['  ', null],
    ['soon', null],
    ['Infinity', null],
  ];
  for (const [header, ms] of cases) assert.equal(retryAfterMs(header, NOW), ms, JSON.stringify(header));
});

test('a pause is never shorter than one’s own, and never longer than a minute for a service’s sake', () => {
  const cases: [number | null | undefined, number, number][] = [
    [null, 500, 500],
    [undefined, 500, 500],
    [0, 500, 500],
    [200, 5000, 5000],
    [3000, 500, 3000],
    [86_400_000, 500, 60_000],
    [86_400_000, 90_000, 90_000],
  ];
  for (const [asked, own, ms] of cases) assert.equal(pauseMs(asked, own), ms, `${asked} ${own}`);
});
