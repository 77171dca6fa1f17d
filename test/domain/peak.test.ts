/** Peak windows: right across clock changes, never in the past, and on the days that were asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isTimeZone, nextPeak } from '../../src/domain/peak.ts';

const HOUR = 3_600_000;
const ALL = [1, 2, 3, 4, 5, 6, 7];

function next(at: string, zone: string, now: string, days: readonly number[] = ALL): string {
  const { startMs, endMs } = nextPeak({ at, zone, days }, Date.parse(now), HOUR);
  assert.equal(endMs - startMs, HOUR);
  return new Date(startMs).toISOString();
}

void test('the next window is today’s while it can be seen whole, else tomorrow’s', () => {
  assert.equal(next('18:00', 'Europe/Paris', '2026-07-01T10:00:00Z'), '2026-07-01T16:00:00.000Z');
  assert.equal(next('18:00', 'Europe/Paris', '2026-07-01T16:00:00Z'), '2026-07-01T16:00:00.000Z');
  assert.equal(next('18:00', 'Europe/Paris', '2026-07-01T16:00:00.001Z'), '2026-07-02T16:00:00.000Z');
  assert.equal(next('18:00', 'Europe/Paris', '2026-07-01T16:59:59Z'), '2026-07-02T16:00:00.000Z');
  assert.equal(next('00:00', 'Pacific/Kiritimati', '2026-07-01T09:59:00Z'), '2026-07-01T10:00:00.000Z');
});

void test('a local time that a clock change skips moves on by the change', () => {
  assert.equal(next('02:30', 'Europe/Paris', '2026-03-28T12:00:00Z'), '2026-03-29T01:30:00.000Z');
  assert.equal(next('02:30', 'America/New_York', '2026-03-08T05:00:00Z'), '2026-03-08T07:30:00.000Z');
  // Lord Howe moves by half an hour: 02:15 does not exist and becomes 02:45.
  assert.equal(next('02:15', 'Australia/Lord_Howe', '2026-10-03T12:00:00Z'), '2026-10-03T15:45:00.000Z');
  // Samoa skipped a whole day.
  assert.equal(next('12:00', 'Pacific/Apia', '2011-12-30T09:00:00Z'), '2011-12-30T22:00:00.000Z');
});

void test('a local time that happens twice means the first, and one missed means tomorrow', () => {
  assert.equal(next('02:30', 'Europe/Paris', '2026-10-24T12:00:00Z'), '2026-10-25T00:30:00.000Z');
  assert.equal(next('02:30', 'Europe/Paris', '2026-10-25T00:45:00Z'), '2026-10-26T01:30:00.000Z');
  assert.equal(next('01:45', 'Australia/Lord_Howe', '2026-04-04T12:00:00Z'), '2026-04-04T14:45:00.000Z');
});

void test('only the days that were asked for', () => {
  // 2026-07-03 is a Friday; the day is the local one, also where UTC is on another date.
  assert.equal(next('09:00', 'Asia/Tokyo', '2026-07-03T12:00:00Z', [1]), '2026-07-06T00:00:00.000Z');
  assert.equal(next('23:00', 'America/Los_Angeles', '2026-07-03T12:00:00Z', [5]), '2026-07-04T06:00:00.000Z');
  assert.throws(() => next('09:00', 'UTC', '2026-07-03T12:00:00Z', []), /no day/);
});

void test('time zones are names, not offsets', () => {
  for (const zone of ['Europe/Paris', 'UTC', 'Australia/Lord_Howe', 'America/Argentina/Buenos_Aires'])
    assert.ok(isTimeZone(zone));
  for (const zone of ['', '+02:00', '-0500', 'Europe/Pari', 'Mars', '../etc/passwd'])
    assert.ok(!isTimeZone(zone), zone);
  assert.throws(() => next('9:00', 'UTC', '2026-07-03T12:00:00Z'), RangeError);
  assert.throws(() => next('09:00', 'Mars', '2026-07-03T12:00:00Z'), RangeError);
});

void test('for every instant and zone: not in the past, soon, at the local time unless the clocks skip it', () => {
  const zones = [
    'Europe/Paris',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Africa/Casablanca',
    'America/Santiago',
  ];
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) }),
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 1439 }),
      (nowMs, zone, minute) => {
        const at = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
        const { startMs } = nextPeak({ at, zone, days: ALL }, nowMs, HOUR);
        assert.ok(startMs >= nowMs && startMs - nowMs <= 26 * HOUR, `${at} ${zone} ${nowMs}`);
        const format = new Intl.DateTimeFormat('en-GB', {
          timeZone: zone,
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
        });
        const shown = format.format(startMs);
        if (shown !== at) {
          // The clocks skipped it: later by exactly the change, and at no instant before.
          const moved = (Number(shown.slice(0, 2)) * 60 + Number(shown.slice(3)) - minute + 1440) % 1440;
          assert.ok(moved === 30 || moved === 60, `${shown} for ${at} in ${zone}`);
          for (let back = 1; back <= 120; back += 1)
            assert.notEqual(format.format(startMs - back * 60_000), at);
        }
        // The same window is found from every instant up to its start.
        assert.equal(nextPeak({ at, zone, days: ALL }, startMs, HOUR).startMs, startMs);
      },
    ),
    { numRuns: 500 },
  );
});
