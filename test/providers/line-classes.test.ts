/** A window's counts stay small, and nothing is lost from them, whatever a log names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, slicesOf, type LineClass } from '../../src/providers/line-classes.ts';

const MANY = 130_000;

function classes(of: (i: number) => Partial<LineClass>): LineClass[] {
  return Array.from({ length: MANY }, (_, i) => ({
    kind: 'user',
    color: i % 2 === 0 ? 'blue' : 'green',
    region: 'eu',
    route: 'answer',
    ok: true,
    cold: false,
    n: i < 10 ? 1000 : 1,
    freshest: i,
    ...of(i),
  }));
}

for (const [column, of] of [
  ['route', (i: number) => ({ route: `/documents/${i}` })],
  ['region', (i: number) => ({ region: `r${i}` })],
  ['error class', (i: number) => ({ error_class: `body:${i}`, ok: false })],
  ['identity', (i: number) => ({ identity: `h${i}|m|a|e|r` })],
] as const) {
  test(`a log with ${MANY} values of ${column} has few slices, the busiest by name and all others as one`, () => {
    const all = classes(of);
    const slices = slicesOf(all);
    assert.ok(JSON.stringify(slices).length < 100_000, `${JSON.stringify(slices).length}`);
    assert.equal(
      slices.reduce((sum, { requests }) => sum + requests, 0),
      all.reduce((sum, { n }) => sum + Number(n), 0),
    );
    const text = JSON.stringify(slices);
    assert.ok(text.includes('"other"'));
    for (let i = 0; i < 10; i += 1) {
      const named = Object.values(of(i)).find((value) => typeof value === 'string');
      assert.ok(text.includes(`"${String(named)}"`), String(named));
    }
    assert.equal(factsOf({ fromMs: 0, toMs: MANY }, all, 0).freshestMs, MANY - 1);
  });
}

test('a log with few values is told as it is', () => {
  const few = classes((i) => ({ route: `/${i % 100}` }));
  assert.deepEqual(new Set(slicesOf(few).map(({ route }) => route)).size, 100);
  assert.equal(factsOf({ fromMs: 0, toMs: 1 }, [], 0).freshestMs, null);
});
