/** What is said of a ruling: who is behind the events, how far a color wanders, from which ratio on it would stand out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketOfMs,
  heavyUsers,
  p95Wander,
  type Grid,
  type Histogram,
} from '../../../src/domain/clusters/index.ts';
import { seriesOf, type Cell } from './build.ts';

const GRID: Grid = { tickMs: 60_000, blockTicks: 5, ticks: 60 };

/** Forty bins of a hundred requests; the first three have ten events each, two others one. */
const CELLS: readonly Cell[] = Array.from({ length: 40 }, (_, bin) => ({
  bin,
  tick: bin,
  n: 100,
  x: bin < 3 ? 10 : bin < 5 ? 1 : 0,
}));

test('the few behind most events are users where each of their bins has one, else groups of users', () => {
  assert.deepEqual(heavyUsers(seriesOf(CELLS, GRID, { seen: 44, affected: 5 })), {
    bins: 3,
    of: 44,
    events: 30,
    all: 32,
    areUsers: true,
  });
  assert.deepEqual(heavyUsers(seriesOf(CELLS, GRID, { seen: 400, affected: 9 })), {
    bins: 3,
    of: 40,
    events: 30,
    all: 32,
    areUsers: false,
  });
});

test('events that are spread, or one each, are nobody’s', () => {
  const each = CELLS.map((cell) => ({ ...cell, x: 2 }));
  assert.equal(heavyUsers(seriesOf(each, GRID)), null);
  const single = CELLS.map((cell) => ({ ...cell, x: cell.bin < 3 ? 1 : 0 }));
  assert.equal(heavyUsers(seriesOf(single, GRID)), null);
  assert.equal(
    heavyUsers(
      seriesOf(
        CELLS.map((cell) => ({ ...cell, x: 0 })),
        GRID,
      ),
    ),
    null,
  );
});

test('a p95 that is the same in each block does not wander, and few blocks or few latencies tell nothing', () => {
  const at = (ms: number, count = 100): Histogram => ({ first: bucketOfMs(ms), counts: [count] });
  assert.ok(Math.abs(p95Wander([at(100), at(100), at(100)]) ?? 1) < 1e-9);
  const wander = p95Wander([at(100), at(110), at(90), at(105)]);
  assert.ok(wander !== null && wander > 0.07 && wander < 0.11, `${wander}`);
  assert.equal(p95Wander([at(100), at(300)]), null);
  assert.equal(p95Wander([at(100), at(300), at(100, 10)]), null);
});
