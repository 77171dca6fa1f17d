/** Numbers worked by hand and by SciPy: users, time, the day before, novelty, to the digits that were printed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drop, weighted } from '../../../src/domain/clusters/cache.ts';
import {
  dayScatter,
  levelOf,
  scatterOfDay,
  slowPart,
  withoutIncident,
} from '../../../src/domain/clusters/day.ts';
import { rateRatioPValue } from '../../../src/domain/clusters/exact-rate.ts';
import { noveltyOfUsers } from '../../../src/domain/clusters/novelty.ts';
import { effective } from '../../../src/domain/clusters/ruling.ts';
import { moments } from '../../../src/domain/clusters/scatter.ts';
import { scatterOverTime, timeScatter } from '../../../src/domain/clusters/time-scatter.ts';
import { userScatter, widening } from '../../../src/domain/clusters/user-scatter.ts';
import { binomialUpperTail, newcombeOfEffective } from '../../../src/domain/stats/index.ts';
import { seriesOf, ticksOf } from './build.ts';

const ALPHA = 0.001;
const MARGIN = 1.2;

/** Equal to six digits. */
function prints(actual: number | null | undefined, expected: number): void {
  assert.ok(
    Math.abs(Number(actual) - expected) <= 1.1e-6 * Math.abs(expected),
    `got ${actual}, want ${expected}`,
  );
}

void test('users: design effects by arm, and the exact test at the sizes they leave', () => {
  const grid = { tickMs: 60_000, blockTicks: 1, ticks: 1 };
  const arm = (n: readonly number[], x: readonly number[]) =>
    seriesOf(
      n.map((count, bin) => ({ bin, tick: 0, n: count, x: x[bin] ?? 0 })),
      grid,
    );
  const to = userScatter(arm([100, 200, 300, 400, 250], [5, 2, 18, 6, 4]), ALPHA);
  const from = userScatter(arm([400, 300, 200, 100, 500], [2, 4, 1, 3, 2]), ALPHA);
  prints(to.independent, 0.02777143);
  prints(to.seen, 0.1489796);
  assert.equal(to.freedom, 4);
  prints(to.designEffect, 24.51663);
  prints(from.independent, 0.08266667);
  prints(from.seen, 0.1145833);
  assert.equal(from.freedom, 4);
  prints(from.designEffect, 3.080312);
  const p = rateRatioPValue(effective(to, to.designEffect), effective(from, from.designEffect), MARGIN);
  prints(p, 0.2730991);
  const plain = rateRatioPValue(effective(to, 1), effective(from, 1), MARGIN);
  prints(plain, 5.44269e-4);
  prints(plain, binomialUpperTail(34, 47, (1.2 * 1250) / (1.2 * 1250 + 1500)));
});

const HALF_HOUR = {
  to: [1, 0, 0, 1, 0, 2, 1, 1, 0, 1, 0, 0, 1, 0, 0, 3, 2, 2, 1, 2, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1],
  from: Array.from({ length: 30 }, (_, i) => Number([2, 6, 13, 18, 21, 27].includes(i + 1))),
};
const LONGER = {
  to: [
    0, 1, 0, 0, 1, 3, 4, 2, 3, 4, 5, 4, 4, 3, 3, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 4, 3, 3, 2, 3, 4, 4, 3, 2, 3,
  ],
  from: Array.from({ length: 35 }, (_, i) => Number(i % 6 === 2)),
};

function armsOf({ to, from }: { readonly to: readonly number[]; readonly from: readonly number[] }) {
  return { to: ticksOf(20, to), from: ticksOf(80, from) };
}

function needOf(one: typeof HALF_HOUR): { readonly effect: number; readonly need: number | null } | null {
  return moments({ arms: armsOf(one), margin: MARGIN, alpha: ALPHA, blockTicks: 5, day: null });
}

void test('time: half an hour with two bad blocks does not fail', () => {
  const scatter = timeScatter(armsOf(HALF_HOUR), { blockTicks: 5, margin: MARGIN });
  assert.ok(scatter !== null);
  for (const [j, z] of [-1 / 300, 1 / 600, -0.005, 0.01, -1 / 300].entries())
    prints(scatter.deviations[j], z);
  assert.ok(Math.abs(scatter.deviations[5] ?? 1) < 1e-12);
  prints(scatter.slope, 4.761905e-4);
  assert.equal(scatter.freedom, 4);
  prints(scatter.variance, 2.190476e-4);
  prints(scatter.explained, 6.549625e-5);
  assert.equal(scatter.correlation, 0);
  prints(Math.sqrt(widening(ALPHA, 4)), 7.173182 / 3.090232);
  prints(scatterOverTime(scatter, ALPHA), 0.00193051);
  const found = needOf(HALF_HOUR);
  prints(found?.effect, 0.037);
  prints(found?.need, 0.1357773);
  const p = rateRatioPValue({ trials: 600, events: 24 }, { trials: 2400, events: 6 }, MARGIN);
  prints(p, 6.88942e-11);
});

void test('time: blocks that follow each other need more', () => {
  const scatter = timeScatter(armsOf(LONGER), { blockTicks: 5, margin: MARGIN });
  assert.ok(scatter !== null);
  const printed = [-0.01189796, 0.008102041, 0.01238776, -0.01004082, -0.01332653, 0.006673469, 0.008102041];
  for (const [j, z] of printed.entries()) prints(scatter.deviations[j], z);
  prints(scatter.slope, 0.001122449);
  assert.equal(scatter.freedom, 5);
  prints(scatter.variance, 9.995673e-4);
  prints(scatter.explained, 1.329248e-4);
  prints(scatter.correlation, 0.02511174);
  prints(scatterOverTime(scatter, ALPHA), 0.007102374);
  prints(scatter.left, 8.892479e-4);
  const found = needOf(LONGER);
  prints(found?.effect, 0.1002857);
  prints(found?.need, 0.2604311);
});

void test('the day before: a window against its neighbours, with one incident forgiven', () => {
  const n = [
    900, 950, 1000, 1000, 1050, 1100, 1000, 900, 800, 800, 850, 900, 1000, 1000, 1100, 1200, 1100, 1000, 1000,
    950, 900, 900, 950, 1000,
  ];
  const x = [4, 6, 3, 5, 12, 14, 11, 13, 3, 2, 4, 3, 6, 80, 9, 7, 15, 13, 16, 12, 4, 3, 5, 2];
  const day = n.map((trials, i) => ({ trials, events: x[i] ?? 0 }));
  const rates = { to: 0.02, from: 0.008 };
  assert.deepEqual(
    withoutIncident(day).flatMap((block, i) => (block === null ? [i] : [])),
    [13],
  );
  const used = withoutIncident(day);
  const three = dayScatter(used, 3);
  assert.ok(three !== null);
  prints(three.rate, 0.007695749);
  prints(three.variance, 1.42579e-5);
  assert.equal(three.windows, 7);
  prints(three.inside, 4.035419e-6);
  prints(three.hidden, 10.59957);
  prints(levelOf(three, rates, MARGIN), 2.251318);
  prints(widening(ALPHA, 3), 10.92584);
  const ofDay = scatterOfDay(three, rates, MARGIN, ALPHA);
  prints(ofDay, 8.557306e-4);
  prints(slowPart(three, ofDay), 7.74998e-4);
  prints(three.worst, 0.01419355);
  const four = dayScatter(used, 4);
  assert.ok(four !== null);
  prints(four.variance, 3.033013e-5);
  assert.equal(four.windows, 5);
  prints(four.hidden, 16.86139);
  prints(widening(ALPHA, 2), 52.20154);
  prints(scatterOfDay(four, rates, MARGIN, ALPHA), 0.008697296);
  prints(slowPart(four, scatterOfDay(four, rates, MARGIN, ALPHA)), 0.008181485);

  const kept = dayScatter(day, 3);
  assert.ok(kept !== null);
  prints(kept.rate, 0.01079229);
  prints(kept.variance, 1.125767e-4);
  assert.equal(kept.windows, 8);
  prints(kept.hidden, 1.368583);
  prints(levelOf(kept, rates, MARGIN), 1.144752);
  prints(scatterOfDay(kept, rates, MARGIN, ALPHA), 0.003435614);
  prints(slowPart(kept, scatterOfDay(kept, rates, MARGIN, ALPHA)), 9.252699e-4);
});

void test('the day before: an incident that another block comes near stays', () => {
  const n = 1000;
  const day = Array.from({ length: 24 }, (_, i) => ({ trials: n, events: i === 13 ? 80 : i === 3 ? 27 : 5 }));
  assert.equal(withoutIncident(day), day);
});

void test('novelty: users hit against users at risk', () => {
  prints(noveltyOfUsers(3, 60, 11_140), 1.46182e-7);
  prints(noveltyOfUsers(8, 1000, 1000), 0.00385174);
  prints(noveltyOfUsers(5, 500, 59_500), 3.93962e-11);
});

void test('cache: hit rates at equal exposure, and their difference at effective sizes', () => {
  const from = { trials: [400, 300, 100], hits: [380, 270, 70] };
  const to = { trials: [50, 100, 150], hits: [40, 80, 90] };
  const one = weighted(from, to);
  const other = weighted(to, from);
  prints(one.mass, 179.4444);
  prints(other.mass, 179.4444);
  prints(1 - one.missRate, 0.8455108);
  prints(1 - other.missRate, 0.7331269);
  prints(one.effective, 539.4746);
  prints(other.effective, 268.8822);
  prints(drop(other, one, 1, ALPHA).lower, 0.02049411);
  const plain = newcombeOfEffective({ hits: 180, trials: 200 }, { hits: 140, trials: 180 }, ALPHA);
  prints(plain.lower, 0.005380595);
});
