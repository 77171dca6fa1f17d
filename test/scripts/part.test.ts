/** Lines of a simulated hold are added up once for all looks: each look must see what counting them anew would give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawsOf } from '../../scripts/sim-gates/clustered/draws.ts';
import { error, latency, type Family } from '../../scripts/sim-gates/clustered/family.ts';
import { drawLines, emptyLines, type Lines } from '../../scripts/sim-gates/clustered/lines.ts';
import { PartLines } from '../../scripts/sim-gates/clustered/part.ts';
import { drawWorld, fillDay, latencyDay } from '../../scripts/sim-gates/clustered/world.ts';
import {
  allBlocks,
  blockOf,
  bucketOfMs,
  histogramOfCounts,
  histogramSize,
  quantileBucket,
  LAST_BUCKET,
  timeUnits,
  type Grid,
  type Histogram,
} from '../../src/domain/clusters/index.ts';
import { normalQuantile } from '../../src/domain/stats/index.ts';
import { seriesOf, type Cell } from '../domain/clusters/build.ts';

const VOLUME = { from: 3000, to: 1500 };

interface Drawn {
  readonly lines: Lines;
  readonly bin: Uint16Array;
  readonly users: ReturnType<typeof drawWorld>['users'];
  readonly holdS: number;
}

function drawn(family: Family): Drawn {
  const draws = drawsOf(`part/${family.name}`);
  const world = drawWorld(family, VOLUME, draws);
  const [from, to] = [emptyLines(), emptyLines()];
  drawLines(world, draws, from, to);
  return { lines: to, bin: world.users.bin, users: world.users, holdS: world.holdS };
}

const FAMILIES: readonly Family[] = [
  error('parts', [VOLUME], { rate: 0.05, parts: true }),
  latency('an hour', [VOLUME]),
  // Blocks of three ticks and looks of five: each look cuts them anew.
  latency('a quarter of an hour', [VOLUME], { holdMinutes: 15 }),
  latency('instances', [VOLUME], { instances: { from: 3, to: 4, sd: 0.1 } }),
];

for (const family of FAMILIES)
  void test(`${family.gate} ${family.name}: a look sees all lines up to it, once`, () => {
    const { lines, users, holdS } = drawn(family);
    const units = timeUnits(holdS * 1000);
    const tickS = units.tickMs / 1000;
    const isOfPart = (line: number): boolean => lines.route[line] === 0;
    const namesInstances = family.instances !== undefined;
    const cut = { tickS, ticks: Math.round(holdS / tickS), namesInstances };
    const part = new PartLines(lines, users, cut, isOfPart);
    const all = Array.from({ length: lines.count }, (_, line) => line).filter(isOfPart);
    const secondOf = (line: number): number => lines.second[line] ?? 0;
    for (let endS = 300; endS <= holdS; endS += 300) {
      const grid: Grid = { ...units, ticks: endS / tickS };
      const limits = Float64Array.from({ length: grid.ticks }, (_, tick) =>
        family.gate === 'error' ? 0.5 : 300 + tick,
      );
      const tickOf = (line: number): number => Math.floor(secondOf(line) / tickS);
      const there = all.filter((line) => secondOf(line) < endS);
      const isEvent = (line: number): boolean => (lines.value[line] ?? 0) > (limits[tickOf(line)] ?? 0);
      const distinct = (of: readonly number[]): number => new Set(of.map((line) => lines.user[line])).size;
      const cells = there.map((line): Cell => ({
        bin: users.bin[lines.user[line] ?? 0] ?? 0,
        tick: tickOf(line),
        n: 1,
        x: Number(isEvent(line)),
      }));
      const hit = there.filter(isEvent);
      const expected = seriesOf(cells, grid, { seen: distinct(there), affected: distinct(hit) });
      const named = ({
        byInstance,
        ...rest
      }: {
        readonly byInstance: readonly number[];
      }): readonly [unknown, number] => [rest, byInstance.reduce((sum, count) => sum + count, 0)];
      const counts = (size: number): number => (namesInstances ? size : 0);
      assert.deepEqual(named(part.trials(grid)), [named(expected.trials)[0], counts(there.length)]);
      assert.deepEqual(named(part.events(grid, limits)), [named(expected.events)[0], counts(hit.length)]);
      assert.deepEqual(part.histograms(grid), blocksOf(lines, there, grid, tickOf));
      const startS = Math.max(0, endS - 600);
      const span = { startS, endS, parts: endS === 300 ? 3 : 6 };
      const newest = there.filter((line) => secondOf(line) >= startS);
      const slow = newest.filter((line) => (lines.value[line] ?? 0) > 0.5);
      const inPart = (of: readonly number[], at: number): number =>
        of.filter((line) => Math.floor(((secondOf(line) - startS) * span.parts) / (endS - startS)) === at)
          .length;
      assert.deepEqual(part.recent(span, 0.5), {
        trials: Array.from({ length: span.parts }, (_, at) => inPart(newest, at)),
        events: Array.from({ length: span.parts }, (_, at) => inPart(slow, at)),
        users: distinct(newest),
        affected: distinct(slow),
      });
    }
  });

function blocksOf(
  lines: Lines,
  there: readonly number[],
  grid: Grid,
  tickOf: (line: number) => number,
): Histogram[] {
  return Array.from({ length: allBlocks(grid) }, (_, block) => {
    const counts = new Uint32Array(LAST_BUCKET + 1);
    for (const line of there) {
      if (blockOf(grid, tickOf(line)) !== block) continue;
      const bucket = lines.bucket[line] ?? 0;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    return histogramOfCounts(counts);
  });
}

void test('a day of latencies is a Poisson number of log-normal ones by block, moved as the color moves', () => {
  const family = latency('day', [VOLUME], { day: { level: 2, levelUntilH: 12 } });
  const world = drawWorld(family, VOLUME, drawsOf('day'));
  fillDay(world, drawsOf('day/before'));
  const blocks = latencyDay(world, VOLUME, 300, drawsOf('day/latencies')).map((one) => one ?? assert.fail());
  const mean = (VOLUME.from + VOLUME.to) / 12;
  const sizes = blocks.map(histogramSize);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(Math.abs(total / sizes.length - mean) < 4 * Math.sqrt(mean / sizes.length));
  const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / sizes.length;
  assert.ok(Math.abs(variance / mean - 1) < 4 * Math.sqrt(2 / sizes.length), String(variance / mean));
  // Twice as slow until noon, as the family says.
  for (const [half, factor] of [
    [blocks.slice(0, 144), 2],
    [blocks.slice(144), 1],
  ] as const) {
    const counts = new Uint32Array(LAST_BUCKET + 1);
    for (const { first, counts: some } of half)
      for (const [i, count] of some.entries()) counts[first + i] = (counts[first + i] ?? 0) + count;
    const whole = histogramOfCounts(counts);
    for (const p of [0.01, 0.5, 0.95, 0.999]) {
      const expected = bucketOfMs(180 * factor * Math.exp(0.5 * normalQuantile(p)));
      assert.ok(Math.abs((quantileBucket(whole, p) ?? 0) - expected) <= (p === 0.999 ? 6 : 2), `${p}`);
    }
  }
});
