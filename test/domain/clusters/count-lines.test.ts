import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countLines, instanceBin, type CountedLine } from '../../../src/domain/clusters/index.ts';
import { count, FAILED, errorsOnly, line, TERMS, total, userOf, wholeOf } from './lines.ts';

test('instances count where lines name one; none named, there are no counts', () => {
  const { trials, events } = wholeOf(
    count([
      line(0, { instance: 'pod-7' }),
      line(1, { instance: 'pod-7' }),
      line(2),
      line(3, { color: 'blue' }),
    ]),
  ).errors.arms.to;
  assert.equal(trials.byInstance[instanceBin('pod-7')], 2);
  assert.equal(total(trials.byInstance), 2);
  assert.deepEqual([events.byInstance.length, total(events.byInstance)], [64, 0]);
  assert.deepEqual(wholeOf(count([line(3)])).errors.arms.to.trials.byInstance, []);
});

test('squares are over user bin × tick, and over whole blocks counted back from the end', () => {
  const { trials, events } = wholeOf(
    count([
      line(0, FAILED),
      line(30),
      line(70, FAILED),
      line(130),
      line(131),
      line(300, { user: userOf(2) }),
      line(301, { ...FAILED, user: userOf(2, 5) }),
    ]),
  ).errors.arms.to;
  // Cells n, x: tick 0 (2, 1), tick 1 (1, 1), tick 2 (2, 0); bin 2 tick 5 (2, 1). Whole blocks are ticks 1–3 and 4–6.
  assert.deepEqual(trials.byTick, [2, 1, 2, 0, 0, 2, 0]);
  assert.deepEqual(trials.squares, { tick: 4 + 1 + 4 + 4, block: 9 + 4 });
  assert.deepEqual(events.squares, { tick: { nx: 2 + 1 + 2, xx: 3 }, block: { nx: 3 + 2, xx: 2 } });
  assert.deepEqual([trials.users, events.users], [3, 2]);
});

test('nothing outside of the ticks or of another color counts, and a repeat before them is none', () => {
  const sums = count(
    [
      line(59.9, FAILED),
      line(60, FAILED),
      line(61, { color: 'blue' }),
      line(61, { color: 'red' as CountedLine['color'] }),
      line(479.999),
      line(480),
    ],
    { startMs: 60_000 },
  );
  const { arms } = wholeOf(sums).errors;
  assert.deepEqual(arms.to.trials.byTick, [1, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual(arms.to.events.byTick, [1, 0, 0, 0, 0, 0, 0]);
  assert.equal(total(arms.from?.trials.byTick ?? []), 1);
  assert.deepEqual(sums.novelty.users, { to: 1, from: 1 });
});

test('the newest two looks are cut into equal parts of time, with their own distinct users', () => {
  const other = userOf(3);
  const { recent } = wholeOf(
    count([
      line(59, FAILED),
      line(60),
      line(119),
      line(120, { ...FAILED, user: other }),
      line(121, { ...FAILED, user: other }),
      line(419),
      line(300, { color: 'blue' }),
    ]),
  ).errors;
  assert.deepEqual(recent.to, {
    trials: [2, 1, 0, 0, 0, 1],
    events: [0, 1, 0, 0, 0, 0],
    users: 2,
    affected: 1,
  });
  assert.deepEqual(recent.from, {
    trials: [0, 0, 0, 0, 1, 0],
    events: [0, 0, 0, 0, 0, 0],
    users: 1,
    affected: 0,
  });
});

test('the whole, each region and each route are counted for themselves', () => {
  const sums = count([
    line(0, { region: 'eu', route: 'a' }),
    line(1, { region: 'us', route: 'a' }),
    line(2, { region: 'us', route: 'b', color: 'blue' }),
  ]);
  const seen = sums.parts.map(({ part, errors: { arms } }) => [
    part?.dimension ?? 'whole',
    part?.name ?? '',
    total(arms.to.trials.byBin),
    total(arms.from?.trials.byBin ?? []),
  ]);
  assert.deepEqual(seen, [
    ['whole', '', 2, 1],
    ['region', 'eu', 1, 0],
    ['region', 'us', 1, 1],
    ['route', 'a', 2, 0],
    ['route', 'b', 0, 1],
  ]);
  // One user on two regions: three requests in one cell of the whole.
  assert.equal(sums.parts[0]?.errors.arms.to.trials.squares.tick, 4);
  assert.throws(
    () => countLines([line(0)], TERMS, () => errorsOnly([{ part: { dimension: 'route', name: 'none' } }])),
    /route none/,
  );
});

test('a new class is a server class that `from` and the day did not show; users are distinct, by block and apart from it', () => {
  const at = (second: number, who: number, error: string, color: 'green' | 'blue' = 'green'): CountedLine =>
    line(second, { user: userOf(who), ok: false, error, color });
  const { novelty } = count(
    [
      at(0, 1, 'body:truncated'),
      at(1, 1, 'body:truncated'),
      at(60, 1, 'body:truncated'),
      at(61, 2, 'body:truncated'),
      at(240, 3, 'body:truncated'),
      at(250, 3, 'headers:timeout'),
      at(0, 4, 'headers:http_5xx:500', 'blue'),
      at(1, 1, 'headers:http_5xx:500'),
      at(2, 1, 'headers:http_4xx:404'),
      at(3, 1, 'client:gone'),
      at(4, 1, 'connect:refused'),
    ],
    { known: ['connect:refused'] },
  );
  assert.deepEqual(novelty.classes, [
    { name: 'body:truncated', users: 3, byBlock: [1, 2, 1], apart: [1, 0, 1] },
    { name: 'headers:timeout', users: 1, byBlock: [0, 0, 1], apart: [1, 0, 0] },
  ]);
  assert.deepEqual(novelty.users, { to: 3, from: 1 });
});
