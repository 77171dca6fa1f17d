/** Error budgets: what all looks of a hold may spend together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Look } from '../../../src/domain/look-input.ts';
import { lookLevels } from '../../../src/domain/gates/look-plan.ts';

const lookOf = (index: number, planned: number, change: Partial<Look> = {}): Look => ({
  index,
  planned,
  final: planned > 0 && index >= planned,
  startedAtMs: 0,
  endedAtMs: 0,
  windowStartMs: 0,
  ...change,
});

const spent = (planned: number, change: Partial<Look> = {}): number =>
  Array.from({ length: planned }, (_, i) => lookLevels(lookOf(i + 1, planned, change)).fail).reduce(
    (a, b) => a + b,
    0,
  );

void test('a hold with all its extensions spends one percent at most, with and without a plan', () => {
  for (const looks of [1, 2, 4, 6, 12]) {
    for (const extensions of [0, 1, 2, 5]) {
      const plan = { plan: { looks, extensions } };
      const total = spent(looks, plan) + extensions * spent(6, plan);
      assert.ok(total <= 0.01 + 1e-12, `${looks} looks, ${extensions} extensions: ${total}`);
      assert.ok(total > 0.0099, 'and does not waste it');
    }
    assert.ok(spent(looks) + 2 * spent(6) <= 0.01 + 1e-12);
  }
});

void test('twelve looks and two extensions spend 1/30 of the budget a look and three times that at the end', () => {
  assert.equal(lookLevels(lookOf(1, 12)).fail, 0.01 / 30);
  assert.equal(lookLevels(lookOf(12, 12)).fail, (0.01 / 30) * 3);
  assert.equal(lookLevels(lookOf(12, 12)).pass, 0.05 / 3);
});

void test('a watch without an end never spends more than one percent', () => {
  let total = 0;
  for (let index = 1; index <= 100_000; index += 1) total += lookLevels(lookOf(index, 0)).fail;
  assert.ok(total < 0.01, `${total}`);
});
