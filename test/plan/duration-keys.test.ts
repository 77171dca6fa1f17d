/** Which values of a plan are durations: by their place, since a name stands for other things elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDuration } from '../../src/plan/duration-keys.ts';

test('a key is a duration in its own block only: a provider of that name is none', () => {
  assert.ok(isDuration(['cutover', 'fence']));
  assert.ok(!isDuration(['fence']));
});

test('a duration is known behind any number of list items', () => {
  assert.ok(isDuration(['approve', 0, 'deadline', 'after']));
  assert.ok(isDuration(['steps', 3, 'within']));
  assert.ok(!isDuration(['steps', 3, 'name']));
});
