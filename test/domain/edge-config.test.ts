/** When a retried write of the edge config counts as done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { satisfies, type EdgeConfig, type EdgeConfigPatch } from '../../src/domain/edge-config.ts';

const STANDING: EdgeConfig = {
  schema: 1,
  service: 'docs',
  generation: 7,
  writer: 'run/ramp-50',
  salt: 's',
  from: 'blue',
  to: 'green',
  topology: 'header',
  weightPercent: 50,
  cohorts: ['staff', 'beta'],
  writes: { blue: 'open', green: 'open' },
  freezeUntilMs: null,
  producer: 'blue',
  cacheEpoch: { blue: 0, green: 3 },
  releases: { blue: 'r41', green: 'r42' },
};

void test('a patch is satisfied by what says the same, in any order of keys', () => {
  assert.ok(satisfies(STANDING, {}));
  assert.ok(satisfies(STANDING, { weightPercent: 50, cohorts: ['staff', 'beta'], freezeUntilMs: null }));
  assert.ok(satisfies(STANDING, { writes: { green: 'open', blue: 'open' } }));
});

void test('a patch is not satisfied when one field says something else', () => {
  const others: readonly EdgeConfigPatch[] = [
    { weightPercent: 0 },
    { cohorts: ['beta', 'staff'] },
    { cohorts: ['staff'] },
    { cohorts: [] },
    { freezeUntilMs: 0 },
    { writes: { blue: 'open', green: 'read-only' } },
    { weightPercent: 50, producer: 'green' },
  ];
  for (const patch of others) assert.ok(!satisfies(STANDING, patch), JSON.stringify(patch));
});

void test('what a store should not give back is another value, and no error', () => {
  const { freezeUntilMs: _, ...old } = STANDING;
  assert.ok(!satisfies(old as EdgeConfig, { freezeUntilMs: null }));
  for (const weightPercent of [Number.NaN, 50n, () => 50, new Date(50), [50], { 0: 50 }]) {
    const odd = { ...STANDING, weightPercent } as unknown as EdgeConfig;
    assert.ok(!satisfies(odd, { weightPercent: 50 }));
  }
});

void test('it is the equality of canonical JSON', () => {
  const small = fc.jsonValue({ maxDepth: 2 });
  // Few keys and values, so that equal pairs do occur.
  const tiny = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, 0, -0, 1, '', '1', true),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '0'), tie('value'), { maxKeys: 2 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.oneof(fc.tuple(small, small), fc.tuple(tiny, tiny)), ([a, b]) => {
      const standing = { ...STANDING, cohorts: a } as unknown as EdgeConfig;
      const isSame = satisfies(standing, { cohorts: b } as unknown as EdgeConfigPatch);
      assert.equal(isSame, canonicalJson(a) === canonicalJson(b));
    }),
    { numRuns: 2000 },
  );
});
