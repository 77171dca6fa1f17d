/** The walls of the house: no circle of files, and every arrow between two rooms points down and is one that was meant. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { circles, imports, roomOf, ROOMS, withTable } from '../../scripts/rooms.ts';

const graph = imports();
const names = ROOMS.map(({ name }) => name);
const arrows = [...graph].flatMap(([file, targets]) =>
  targets.map((target) => ({ file, target, from: roomOf(file), to: roomOf(target) })),
);

void test('no file imports itself around corners, by types neither', () => {
  assert.ok(graph.size > 300, String(graph.size));
  assert.deepEqual(circles(graph), []);
  const round = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['a']],
    ['d', ['a']],
  ]);
  assert.deepEqual(circles(round), [['a', 'b', 'c']], 'and one would be seen');
});

void test('every room is in the table, and the table points down only', () => {
  assert.deepEqual([...new Set([...graph.keys()].map(roomOf))].toSorted(), names.toSorted());
  for (const [floor, { name, mayUse }] of ROOMS.entries())
    for (const other of mayUse) assert.ok(names.indexOf(other) > floor, `${name} -> ${other}`);
});

void test('no import goes where the table does not let it', () => {
  const wrong = arrows.filter(({ from, to }) => {
    const allowed = ROOMS.find(({ name }) => name === from)?.mayUse ?? [];
    return from !== to && to !== 'domain' && !allowed.includes(to);
  });
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${target}`),
    [],
  );
});

void test('an arrow of the table that nobody needs any more leaves it', () => {
  const used = new Set(arrows.map(({ from, to }) => `${from} -> ${to}`));
  const meant = ROOMS.flatMap(({ name, mayUse }) => mayUse.map((to) => `${name} -> ${to}`));
  assert.deepEqual(
    meant.filter((arrow) => !used.has(arrow)),
    [],
  );
});

void test('ARCHITECTURE.md shows the rooms as they are', () => {
  const page = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
  const asIfFormatted = (text: string): string => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
  assert.equal(
    asIfFormatted(page),
    asIfFormatted(withTable(page)),
    'run: node --import tsx scripts/rooms.ts',
  );
});
