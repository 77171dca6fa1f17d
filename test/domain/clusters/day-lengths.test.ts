/** Blocks of the day and of the hold are cut alike, as the plan says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayFor, dayLengths, timeUnits, type TrafficBlocks } from '../../../src/domain/clusters/index.ts';

const MINUTE_MS = 60_000;

void test('a block is as long as the plan says, of three ticks at least, and a hold has five', () => {
  const of = (holdMs: number, blockMs?: number): readonly number[] => {
    const { tickMs, blockTicks } = timeUnits(holdMs, blockMs);
    return [tickMs, blockTicks];
  };
  assert.deepEqual(of(60 * MINUTE_MS), [MINUTE_MS, 5]);
  assert.deepEqual(of(60 * MINUTE_MS, 10 * MINUTE_MS), [MINUTE_MS, 10]);
  assert.deepEqual(of(60 * MINUTE_MS, 30 * MINUTE_MS), [MINUTE_MS, 12]);
  assert.deepEqual(of(60 * MINUTE_MS, MINUTE_MS), [MINUTE_MS, 3]);
  assert.deepEqual(of(15 * MINUTE_MS), [MINUTE_MS, 3]);
  assert.deepEqual(of(30_000, 10 * MINUTE_MS), [2000, 3]);
});

void test('the past is read once for each length of block, as far back as the plan says', () => {
  const holds = [60, 60, 15, 0].map((minutes) => minutes * MINUTE_MS);
  assert.deepEqual(dayLengths(holds, { hours: 24, blockMs: 5 * MINUTE_MS }), [
    { blockMs: 5 * MINUTE_MS, tickMs: MINUTE_MS, rangeMs: 24 * 60 * MINUTE_MS },
    { blockMs: 3 * MINUTE_MS, tickMs: MINUTE_MS, rangeMs: 24 * 60 * MINUTE_MS },
  ]);
  assert.deepEqual(dayLengths(holds, { hours: 0, blockMs: 5 * MINUTE_MS }), []);
});

void test('hours that the plan names are missing in the day', () => {
  const block = { trials: 100, events: 1, final: { first: 0, counts: [] }, usable: { first: 0, counts: [] } };
  const day: TrafficBlocks = {
    color: 'blue',
    startMs: Date.UTC(2026, 2, 1, 1, 50),
    blockMs: 5 * MINUTE_MS,
    blocks: [block, block, block, block, null],
  };
  const terms = { grid: { tickMs: MINUTE_MS, blockTicks: 5, ticks: 60 } };
  assert.equal(dayFor([day], terms, []), day);
  const left = dayFor([day], terms, ['02:00-02:05'])?.blocks.map((one) => one !== null);
  assert.deepEqual(left, [true, true, false, true, false]);
  assert.equal(dayFor([day], { grid: { ...terms.grid, blockTicks: 3 } }, []), null);
});
