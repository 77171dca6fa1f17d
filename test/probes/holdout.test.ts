/** The hold-out: the same for a release, another for the next, fair to topics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdOut } from '../../src/probes/holdout.ts';

const set = {
  probes: Array.from({ length: 117 }, (_, i) => ({
    id: `p${i}`,
    topic: i < 60 ? 'a' : i < 100 ? 'b' : i < 112 ? 'c' : 'd',
  })),
};
const ids = (probes: readonly { id: string }[]): string[] => probes.map(({ id }) => id);

void test('a release always holds out the same probes, whatever order the set is in', () => {
  const { open, heldOut } = holdOut(set, 'r42');
  assert.deepEqual(holdOut(set, 'r42'), { open, heldOut });
  const reversed = holdOut({ probes: set.probes.toReversed() }, 'r42');
  assert.deepEqual(ids(reversed.heldOut).sort(), ids(heldOut).sort());
  // Pinned: a change of the rule would show people what is held out today.
  assert.deepEqual(ids(heldOut).slice(0, 4), PINNED);
});

const PINNED = ['p0', 'p2', 'p13', 'p14'];

void test('every probe is in exactly one part, and a fifth is held out', () => {
  const { open, heldOut } = holdOut(set, 'r42');
  assert.equal(heldOut.length, Math.round(117 * 0.2));
  assert.deepEqual([...ids(open), ...ids(heldOut)].sort(), ids(set.probes).sort());
});

void test('topics keep their proportions within one probe', () => {
  for (const release of ['r1', 'r2', 'r3', '2026-11-23']) {
    const { heldOut } = holdOut(set, release);
    for (const [topic, n] of [
      ['a', 60],
      ['b', 40],
      ['c', 12],
      ['d', 5],
    ] as const) {
      const held = heldOut.filter((probe) => probe.topic === topic).length;
      assert.ok(Math.abs(held - n * 0.2) <= 1, `${release} ${topic} ${held}`);
    }
  }
});

void test('over releases every probe gets its turn, about equally often', () => {
  const counts = new Map<string, number>();
  for (let release = 0; release < 200; release += 1) {
    for (const { id } of holdOut(set, `r${release}`).heldOut) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  assert.equal(counts.size, 117);
  const all = [...counts.values()];
  assert.ok(Math.min(...all) >= 15 && Math.max(...all) <= 70, `${Math.min(...all)} to ${Math.max(...all)}`);
});

void test('edges: a tiny set, other shares, and shares that make no sense', () => {
  const two = { probes: set.probes.slice(0, 2) };
  assert.equal(holdOut(two, 'r').heldOut.length, 0);
  assert.equal(holdOut(two, 'r', 0.5).heldOut.length, 1);
  assert.equal(holdOut({ probes: [] }, 'r').heldOut.length, 0);
  for (const share of [0, 1, -1, Number.NaN]) assert.throws(() => holdOut(set, 'r', share), RangeError);
});
