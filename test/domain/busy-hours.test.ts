/** The next busy stretch: the hour that is usually near the week's top, whatever day it is today. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextBusyStretch, type HourLoad } from '../../src/domain/busy-hours.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Friday. */
const FRIDAY = Date.UTC(2026, 0, 16);

/** Office hours: weekdays 50,000 at 14:00, less around it, 5 on weekends. */
function officeLoad(hourMs: number): number {
  const date = new Date(hourMs);
  if ([0, 6].includes(date.getUTCDay())) return 5;
  const off = Math.abs(date.getUTCHours() - 14);
  return Math.max(100, 50_000 - off * 8000);
}

function past(untilMs: number, days: number, load: (hourMs: number) => number): HourLoad[] {
  return Array.from({ length: days * 24 }, (_, i) => {
    const hourMs = Math.floor(untilMs / HOUR) * HOUR - (i + 1) * HOUR;
    return { hourMs, requests: load(hourMs) };
  }).filter(({ requests }) => requests > 0);
}

const at = (ms: number | undefined): string => new Date(ms ?? 0).toUTCString().slice(0, 22);

void describe('the next busy stretch', () => {
  for (const days of [7, 10, 14]) {
    void it(`after a Friday audit is on Monday, with ${days} days of telemetry (A11)`, () => {
      const now = FRIDAY + 19.4 * HOUR;
      const found = nextBusyStretch(past(now, days, officeLoad), now, now, HOUR);
      assert.equal(at(found?.startMs), 'Mon, 19 Jan 2026 13:00');
      assert.equal(found?.expected, 42_000);
    });
  }

  void it('on a weekday morning is near the top of the day, not only its top (A11)', () => {
    const now = FRIDAY + 8.2 * HOUR;
    assert.equal(
      at(nextBusyStretch(past(now, 14, officeLoad), now, now, HOUR)?.startMs),
      'Fri, 16 Jan 2026 13:00',
    );
  });

  void it('may be now, when now is busy enough', () => {
    const now = FRIDAY + 13.5 * HOUR;
    const found = nextBusyStretch(past(now, 14, officeLoad), now, now, HOUR);
    assert.equal(found?.startMs, now);
    assert.equal(found.expected, 46_000);
  });

  void it('does not begin in the last busy minutes of a day', () => {
    const now = FRIDAY + 15.9 * HOUR;
    assert.equal(
      at(nextBusyStretch(past(now, 14, officeLoad), now, now, HOUR)?.startMs),
      'Mon, 19 Jan 2026 13:00',
    );
  });

  void it('of many hours is where they are busiest together', () => {
    const now = FRIDAY + 20 * HOUR;
    const found = nextBusyStretch(past(now, 14, officeLoad), now, now, 6 * HOUR);
    const start = new Date(found?.startMs ?? 0);
    assert.equal(start.getUTCDay(), 1);
    assert.ok(start.getUTCHours() >= 9 && start.getUTCHours() <= 13, start.toUTCString());
  });

  void it('with less than a week goes by the hour of the days that were seen, and says how many', () => {
    const now = FRIDAY + 10 * HOUR;
    const found = nextBusyStretch(past(now, 2, officeLoad), now, now, HOUR);
    assert.equal(at(found?.startMs), 'Fri, 16 Jan 2026 13:00');
    assert.equal(found?.days, 2);
  });

  void it('is not known without telemetry (A11)', () => {
    assert.equal(nextBusyStretch([], FRIDAY, FRIDAY, HOUR), null);
    assert.equal(nextBusyStretch([{ hourMs: FRIDAY - DAY, requests: 0 }], FRIDAY, FRIDAY, HOUR), null);
  });

  void it('is now for a service that is as busy all week', () => {
    const now = FRIDAY + 3.3 * HOUR;
    assert.equal(
      nextBusyStretch(
        past(now, 14, () => 1000),
        now,
        now,
        HOUR,
      )?.startMs,
      now,
    );
  });
});
