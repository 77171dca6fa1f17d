/** What fails at the first look, and what must not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catastrophe } from '../../../src/domain/clusters/catastrophe.ts';
import type { Recent } from '../../../src/domain/clusters/sums.ts';

const HEALTHY: Recent = { trials: [300, 300, 300], events: [1, 0, 1], users: 600, affected: 2 };
const DOWN: Recent = { trials: [33, 34, 33], events: [16, 17, 18], users: 80, affected: 40 };

void test('half of the requests of many users failing is met at once, from 1,200 requests an hour on', () => {
  const found = catastrophe({ to: DOWN, from: HEALTHY });
  assert.equal(found.isMet, true);
  assert.ok(found.p < 1e-5);
});

void test('an outage that both colors have is none', () => {
  const shared = { ...HEALTHY, events: [140, 150, 150], affected: 300 };
  assert.equal(catastrophe({ to: DOWN, from: shared }).isMet, false);
});

void test('a part of the time without failures, or without requests, is none', () => {
  assert.equal(catastrophe({ to: { ...DOWN, events: [30, 0, 30] }, from: HEALTHY }).isMet, false);
  assert.equal(catastrophe({ to: { ...DOWN, trials: [33, 0, 33] }, from: HEALTHY }).isMet, false);
});

void test('four users, or a tenth of them, are too few', () => {
  assert.equal(catastrophe({ to: { ...DOWN, affected: 4 }, from: HEALTHY }).isMet, false);
  assert.equal(catastrophe({ to: { ...DOWN, users: 400 }, from: HEALTHY }).isMet, false);
});

void test('without users on `from` its day stands for it; without a day nothing is claimed', () => {
  assert.equal(catastrophe({ to: DOWN, from: null }, 0.005).isMet, true);
  assert.equal(catastrophe({ to: DOWN, from: null }, 0.2).isMet, false);
  assert.equal(catastrophe({ to: DOWN, from: null }).isMet, false);
});
