import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLines, type CountedLine } from '../../../src/domain/clusters/index.ts';
import { line, TERMS, total, userOf } from './lines.ts';

function lookup(second: number, over: Partial<NonNullable<CountedLine['cache']>> = {}): Partial<CountedLine> {
  return { atMs: second * 1000, cache: { node: 'n1', key: '/a', hit: false, ttlS: null, ...over } };
}

test('a lookup is eligible after a miss of the same color, node and key within `from`’s lifetime, by time since it was asked for', () => {
  const blue = (second: number, over?: Parameters<typeof lookup>[1]): CountedLine =>
    line(0, { color: 'blue', ...lookup(second, over) });
  const green = (second: number, over?: Parameters<typeof lookup>[1]): CountedLine =>
    line(0, lookup(second, over));
  countLines(
    [
      blue(0, { ttlS: 100 }),
      blue(10, { hit: true }),
      blue(14, { hit: true }),
      blue(99.999, { hit: true }),
      blue(100),
      blue(100, { hit: true }),
      green(0, { hit: true, ttlS: 5 }),
      green(1, { hit: true }),
      green(2),
      green(2),
      green(3),
      green(3.5, { node: 'n2', hit: true }),
      green(4, { key: '/b', hit: true }),
    ],
    TERMS,
    ([seen]) => {
      const at = (counts: Record<number, number>): number[] =>
        Array.from({ length: 16 }, (_, h) => counts[h] ?? 0);
      // Gaps 10 s and 4 s and 85.999 s; at 100 s the lifetime is over, twice.
      assert.deepEqual(seen?.strata?.from, {
        trials: at({ 2: 1, 3: 1, 6: 1 }),
        hits: at({ 2: 1, 3: 1, 6: 1 }),
      });
      // Before its first miss nobody knows how old an entry is; two misses of one instant do not follow each other.
      assert.deepEqual(seen?.strata?.to, { trials: at({ 0: 1 }), hits: at({}) });
      return [];
    },
  );
});

test('the reference lifetime of a route is the lower median that `from` gave it; without one its lookups do not count', () => {
  const blue = (second: number, ttlS: number): CountedLine =>
    line(0, { color: 'blue', ...lookup(second, { ttlS, key: `/${second}` }) });
  const strataOf = (...lines: CountedLine[]): (number | null)[] => {
    const found: (number | null)[] = [];
    countLines([...lines, line(0, lookup(0)), line(0, lookup(30))], TERMS, (seen) => {
      found.push(...seen.map(({ strata }) => strata && total(strata.to.trials)));
      return [];
    });
    return found;
  };
  assert.deepEqual(
    strataOf(blue(1, 30), blue(2, 31), blue(3, 5), blue(4, 90)),
    [0, 0, 0],
    'of 5, 30, 31, 90: 30',
  );
  assert.deepEqual(strataOf(blue(1, 31)), [1, 1, 1]);
  assert.deepEqual(strataOf(line(0, { color: 'blue' })), [null, null, null]);
  const elsewhere = line(1, { color: 'blue', route: 'b', ...lookup(1, { ttlS: 90 }) });
  assert.deepEqual(strataOf(elsewhere), [0, 0, null, 0]);
});

test('cache lookups count by the weight of their stratum, misses are the events', () => {
  const weights = {
    to: Array.from({ length: 16 }, (_, h) => (h === 0 ? 0 : 10 * h)),
    from: Array<number>(16).fill(7),
  };
  const { parts } = countLines(
    [
      line(0, { color: 'blue', ...lookup(0, { ttlS: 100 }) }),
      line(0, { color: 'blue', ...lookup(1, { hit: true }) }),
      line(0, lookup(0)),
      line(0, { user: userOf(5), ...lookup(1) }),
      line(0, { user: userOf(6), instance: 'i', ...lookup(5, { hit: true }) }),
      line(0, { user: userOf(6), ...lookup(70) }),
    ],
    TERMS,
    () => [{ part: null, final: null, usable: null, weights }],
  );
  const { to, from } = parts[0]?.cache?.arms ?? assert.fail();
  assert.deepEqual(to.series.trials.byTick, [20, 60, 0, 0, 0, 0, 0]);
  assert.deepEqual(to.series.events.byTick, [0, 60, 0, 0, 0, 0, 0]);
  assert.deepEqual([to.series.trials.byBin[6], to.series.trials.users], [80, 1]);
  assert.deepEqual(total(to.series.trials.byInstance), 20);
  assert.deepEqual(from.series.trials.byTick, [7, 0, 0, 0, 0, 0, 0]);
});
