/** Durations: every text means one number, and every number has one shortest text that means it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  DURATION_PATTERN,
  formatDuration,
  MAX_DURATION_MS,
  parseDuration,
} from '../../src/domain/duration.ts';

void test('a duration is read with its unit', () => {
  const known: [string, number][] = [
    ['250ms', 250],
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['0s', 0],
  ];
  for (const [text, ms] of known) assert.equal(parseDuration(text), ms, text);
});

void test('what is no duration is null', () => {
  const wrong = [
    '',
    ' ',
    '5',
    '-5s',
    '+5s',
    '5 s',
    '5S',
    's',
    '1m1h',
    '1s1s',
    '1e3s',
    '5.s',
    '.5s',
    '1.5ms',
    '367d',
    '٣s',
    '1s\n',
  ];
  for (const text of wrong) assert.equal(parseDuration(text), null, JSON.stringify(text));
  assert.equal(parseDuration('9'.repeat(100_000)), null);
});

void test('formatting is exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_DURATION_MS }), (ms) => {
      const text = formatDuration(ms);
      assert.equal(parseDuration(text), ms);
      assert.match(text, new RegExp(DURATION_PATTERN));
    }),
  );
  assert.equal(formatDuration(-90_000), '-1m30s');
  assert.equal(formatDuration(Number.NaN), 'NaN');
});

void test('parsing never throws, and what it reads it can write', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9.dhms ]{0,12}$/), (text) => {
      const ms = parseDuration(text);
      if (ms !== null) assert.equal(parseDuration(formatDuration(ms)), ms);
    }),
  );
});
