import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answeredIds, unjudgedAssertions } from '../../../src/domain/probes/answered.ts';

const SET = [
  ...Array.from({ length: 40 }, (_, i) => ({ id: `a${i}`, topic: 'many', answerable: true })),
  ...Array.from({ length: 4 }, (_, i) => ({ id: `b${i}`, topic: 'few', answerable: true })),
  ...Array.from({ length: 3 }, (_, i) => ({ id: `n${i}`, topic: 'none', answerable: false })),
];

test('without a number every question is answered', () => {
  assert.deepEqual(
    [...answeredIds(SET, null, 'd')],
    SET.map(({ id }) => id),
  );
});

test('so many answerable ones are, of each topic in turn, and all that no section answers', () => {
  const ids = [...answeredIds(SET, 10, 'd')];
  const of = (letter: string): number => ids.filter((id) => id.startsWith(letter)).length;
  assert.deepEqual([of('a'), of('b'), of('n')], [6, 4, 3]);
  assert.equal(answeredIds(SET, 1000, 'd').size, SET.length);
});

test('they are the same ones for one set, and others for another', () => {
  const of = (seed: string): string => [...answeredIds(SET, 10, seed)].join(' ');
  assert.equal(of('d'), of('d'));
  assert.notEqual(of('d'), of('e'));
});

test('those with assertions come first, of every topic, since only an answer can meet them', () => {
  const asserted = new Set(['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2']);
  const set = SET.map((probe) => (asserted.has(probe.id) ? { ...probe, must_include: ['x'] } : probe));
  const of = (most: number): string[] => [...answeredIds(set, most, 'd')].filter((id) => !id.startsWith('n'));
  for (const id of asserted) assert.ok(of(10).includes(id), id);
  assert.deepEqual([of(10).length, of(10).filter((id) => !asserted.has(id)).length], [10, 3]);
  const few = of(4);
  assert.ok(few.every((id) => asserted.has(id)));
  assert.equal(few.filter((id) => id.startsWith('b')).length, 2);
  assert.deepEqual(unjudgedAssertions(set, new Set(few)), { asserted: 7, unjudged: 3 });
});
