import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { instanceBin, userBin, type CountedLine } from '../../../src/domain/clusters/index.ts';
import { count, FAILED, line, total, userOf, wholeOf } from './lines.ts';

const MISSING = { ok: false, error: 'headers:http_4xx:404' } as const;

test('a user’s failure within a minute of the one before is left out, as trial and as event', () => {
  const failed = (second: number): CountedLine => line(second, FAILED);
  const { errors } = wholeOf(
    count([failed(0), failed(50), failed(100), failed(161), line(200), failed(201)]),
  );
  const { trials, events } = errors.arms.to;
  assert.deepEqual(
    events.byTick,
    [1, 0, 1, 1, 0, 0, 0],
    'each is measured from the one before it, counted or not',
  );
  assert.deepEqual(trials.byTick, [1, 0, 1, 2, 0, 0, 0]);
  assert.equal(events.byBin[1], 3);
  assert.deepEqual([trials.users, events.users], [1, 1]);
});

test('a failure exactly as old as the limit counts again', () => {
  const at = (second: number): CountedLine => line(second, FAILED);
  assert.equal(total(wholeOf(count([at(0), at(60)])).errors.arms.to.events.byBin), 2);
  assert.equal(total(wholeOf(count([at(0), at(59.999)])).errors.arms.to.events.byBin), 1);
});

test('what a client did is a trial, no event, and ends a run of failures', () => {
  const { trials, events } = wholeOf(count([line(0, FAILED), line(1, MISSING), line(2, FAILED)])).errors.arms
    .to;
  assert.equal(total(trials.byBin), 3);
  assert.equal(total(events.byBin), 2);
});

test('failures of one user on two colors, or of two users, or of nobody, are no repeats', () => {
  const nobody = { ...FAILED, user: null };
  const sums = wholeOf(
    count([
      line(0, FAILED),
      line(1, { ...FAILED, color: 'blue' }),
      line(2, { ...FAILED, user: userOf(1, 9) }),
      line(3, nobody),
      line(4, nobody),
    ]),
  );
  assert.equal(total(sums.errors.arms.to.events.byBin), 4);
  assert.equal(sums.errors.arms.to.events.users, 4);
  assert.equal(total(sums.errors.arms.from?.events.byBin ?? []), 1);
});

test('of one instant, the order of the lines does not matter, and what went well comes first', () => {
  const lines = [
    line(5, { ...FAILED, route: 'b', instance: 'i2' }),
    line(5),
    line(5, { ...FAILED, route: 'a' }),
    line(5, { ...FAILED, route: 'b', instance: 'i1' }),
  ];
  const one = count(lines);
  assert.deepEqual(count(lines.toReversed()), one);
  const of = (name: string): number =>
    total(one.parts.find(({ part }) => part?.name === name)?.errors.arms.to.events.byBin ?? []);
  assert.deepEqual([of('a'), of('b')], [1, 0], 'the first by region, route and instance counts');
});

test('the bin of a user is the top of its hash; other texts and lines without user are hashed by MD5', () => {
  const md5 = (text: string): number =>
    Number.parseInt(createHash('md5').update(text).digest('hex').slice(0, 3), 16) >> 3;
  assert.equal(userBin({ user: 'ffffffffffffffff', atMs: 0 }), 511);
  assert.equal(userBin({ user: '0080000000000000', atMs: 0 }), 1);
  assert.equal(userBin({ user: '192.0.2.7', atMs: 0 }), md5('192.0.2.7'));
  assert.equal(userBin({ user: 'FFFFFFFFFFFFFFFF', atMs: 0 }), md5('FFFFFFFFFFFFFFFF'));
  assert.equal(userBin({ user: null, atMs: 1_700_000_000_123.75 }), md5('1700000000123'));
  assert.equal(instanceBin('pod-7'), md5('pod-7') >> 3);
});
