/** After the flip: which hours of the day stand for `from`, and what is never claimed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeErrorRateAlone, sameHours, type LookTerms } from '../../../src/domain/clusters/index.ts';
import { NOTHING_RECENT, seriesOf, type Cell } from './build.ts';

const BLOCK_MS = 300_000;
const HOUR_MS = 3_600_000;
const full = Array.from({ length: 288 }, (_, i) => ({ trials: 1000, events: 5 + (i % 3) }));
const day = { blocks: full, endMs: 24 * HOUR_MS, blockMs: BLOCK_MS };

void test('the same hours are those of the day before, however long after the flip', () => {
  assert.deepEqual(sameHours(day, 24 * HOUR_MS, 12), { first: 0, blocks: 12 });
  assert.deepEqual(sameHours(day, 30 * HOUR_MS, 12), { first: 72, blocks: 12 });
  assert.deepEqual(sameHours(day, (30 + 48) * HOUR_MS, 12), { first: 72, blocks: 12 });
  // A window that crosses the end of the day began a day earlier.
  assert.equal(sameHours(day, 47.5 * HOUR_MS, 12).first, null);
});

void test('hours that are missing, or hold the incident, leave all of the day', () => {
  const holed = full.map((block, i) => (i === 3 ? null : block));
  assert.equal(sameHours({ ...day, blocks: holed }, 24 * HOUR_MS, 12).first, null);
  const sick = full.map((block, i) => (i === 80 ? { trials: 1000, events: 400 } : block));
  assert.equal(sameHours({ ...day, blocks: sick }, 30 * HOUR_MS, 12).first, null);
  assert.equal(sameHours({ ...day, blocks: sick }, 24 * HOUR_MS, 12).first, 0);
});

const GRID = { tickMs: 60_000, blockTicks: 5, ticks: 60 };
const TERMS: LookTerms = {
  grid: GRID,
  holdMs: HOUR_MS,
  alpha: 0.001,
  passAlpha: 0.05 / 3,
  minSamples: 59,
  minUsers: 3,
  early: false,
};

function judge(cells: readonly Cell[], blocks = full): ReturnType<typeof judgeErrorRateAlone> {
  const recent = { ...NOTHING_RECENT };
  return judgeErrorRateAlone(
    { grid: GRID, arms: { to: seriesOf(cells, GRID), from: null }, recent: { to: recent, from: null } },
    { errorRatio: 1.2, errorFloor: 0.001 },
    TERMS,
    blocks,
    sameHours({ ...day, blocks }, 24 * HOUR_MS, 12),
    12,
  );
}

const traffic = (events: (i: number) => number): Cell[] =>
  Array.from({ length: 12_000 }, (_, i) => ({ bin: i % 500, tick: i % 60, n: 1, x: events(i) }));

void test('five times the day fails, the day itself does not', () => {
  assert.equal(judge(traffic((i) => Number(i % 33 === 0)))?.verdict, 'fail');
  const same = judge(traffic((i) => Number(i % 170 === 0)));
  assert.notEqual(same?.verdict, 'fail');
  assert.ok(same?.stoppedBy.includes('limit'));
});

void test('a fault from mid-hold on is not taken for a color that wanders', () => {
  const ruling = judge(traffic((i) => Number(i % 60 >= 30 && i % 33 === 0)));
  assert.equal(ruling?.verdict, 'fail');
  assert.ok((ruling?.moments?.ofHold ?? 0) > (ruling?.moments?.scatter ?? 1));
});

void test('one client fails nothing, and a day too short says nothing', () => {
  const client = traffic((i) => Number(i % 500 === 7));
  assert.ok(judge(client)?.stoppedBy.includes('few'));
  assert.equal(judge(client, full.slice(0, 100)), null);
});
