/** Indexes that differ, and the identities that are pinned. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../../../src/activities/inspect/index.ts';
import { expectedIdentities } from '../../../src/activities/inspect/indexes.ts';
import { COLORS } from '../../../src/domain/color.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { codes, healthy, index, plan } from './kit.ts';

void describe('the checks of the indexes', () => {
  void test('take a difference that is declared, and no other', () => {
    const declared = {
      INDEX_HASH: 'h2',
      metric: 'cosine',
      analyzer: 'en',
      embedModel: 'm1',
      reranker: 'none',
    };
    const meant: Plan = {
      ...plan,
      colors: { ...plan.colors, green: { ...plan.colors.green, index: declared } },
    };
    assert.deepEqual(codes(index({ INDEX_HASH: 'h2' })(healthy), meant), []);
    const [finding, ...others] = check(meant, index({ INDEX_HASH: 'h3' })(healthy));
    assert.deepEqual(others, []);
    assert.match(finding?.message ?? '', /green's index differs .* INDEX_HASH h3 ≠ h2$/);
  });
});

void describe('the identities that are pinned', () => {
  void test('are what the plan declares, else what each color says, without the family label', () => {
    const said = expectedIdentities(plan, healthy);
    for (const color of COLORS) {
      assert.equal(said?.[color].INDEX_HASH, 'h1');
      assert.ok(!Object.hasOwn(said?.[color] ?? {}, 'name'));
    }
    const declared = { INDEX_HASH: 'h2', metric: 'dot', analyzer: 'en', embedModel: 'm1', reranker: 'none' };
    const meant: Plan = {
      ...plan,
      colors: { ...plan.colors, green: { ...plan.colors.green, index: declared } },
    };
    assert.deepEqual(expectedIdentities(meant, healthy)?.green, declared);
  });

  void test('are not known while a color says nothing', () => {
    assert.equal(expectedIdentities(plan, { health: { ...healthy.health, green: null } }), null);
  });
});
