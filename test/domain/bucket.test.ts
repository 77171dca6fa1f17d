/** The sticky decision: public vectors, our golden vectors, monotony and uniformity. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { BUCKETS, bucketOf, cutOff, decide, type RoutingRule } from '../../src/domain/bucket.ts';
import { murmur3, murmur3Bytes } from '../../src/domain/murmur3.ts';
import golden from './golden/router.json' with { type: 'json' };

const rule: RoutingRule = {
  salt: 'docs/r2',
  from: 'blue',
  to: 'green',
  topology: 'weight',
  weightPercent: 0,
  cohorts: [],
};
const nobody = { pin: null, nowMs: 0 };

function isOnTo(key: string, weightPercent: number, salt = rule.salt): boolean {
  return decide({ ...rule, salt, weightPercent }, { ...nobody, key }).color === 'green';
}

describe('murmur3', () => {
  it('agrees with flagd’s edge vectors', () => {
    const vectors = { ejOoVL: 0, 'bY9fO-': 1, 'SI7p-': 2147483647, '6LvT0': 2147483648, ceQdGm: 4294967295 };
    for (const [text, hash] of Object.entries(vectors)) assert.equal(murmur3(text), hash, text);
  });

  it('agrees with Unleash’s normalised values', () => {
    const normalised = (group: string, id: string) => (murmur3(`${group}:${id}`) % 100) + 1;
    assert.equal(normalised('gr1', '123'), 73);
    assert.equal(normalised('groupX', '999'), 25);
  });

  it('hashes UTF-8, not UTF-16 units', () => {
    assert.equal(murmur3('café:u1'), 708320987);
  });

  it('is the same through its ASCII path and through bytes', () => {
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 40 });
    fc.assert(
      fc.property(ascii, fc.nat(), (text, seed) => {
        assert.equal(murmur3(text, seed), murmur3Bytes(new TextEncoder().encode(text), seed));
      }),
    );
  });
});

describe('bucketOf', () => {
  it('reproduces the golden vectors', () => {
    for (const { salt, key, bucket } of golden.buckets)
      assert.equal(bucketOf(salt, key), bucket, `${salt} ${key}`);
  });

  it('agrees with exact integer arithmetic', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (salt, key) => {
        const exact = Number((BigInt(murmur3(`${salt}:${key}`)) * 100_000n) >> 32n);
        assert.equal(bucketOf(salt, key), exact);
        assert.ok(exact >= 0 && exact < BUCKETS);
      }),
    );
  });

  it('normalises and folds nothing: runtimes would each do it in their own way', () => {
    assert.notEqual(bucketOf('s', 'cafe\u0301'), bucketOf('s', 'caf\u00e9'));
    assert.notEqual(bucketOf('s', 'User-1'), bucketOf('s', 'user-1'));
  });

  it('turns a weight into whole buckets, whatever binary fractions say', () => {
    for (let thousandth = 0; thousandth <= BUCKETS; thousandth++)
      assert.equal(cutOff(thousandth / 1000), thousandth);
  });
});

describe('decide', () => {
  for (const { name, rule: given, input, decision } of golden.decisions) {
    it(`golden: ${name}`, () => {
      const parsed = JSON.parse(JSON.stringify({ given, input })) as {
        given: RoutingRule;
        input: Parameters<typeof decide>[1];
      };
      assert.deepEqual(decide(parsed.given, parsed.input), decision);
    });
  }

  const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
  const schedule = fc.array(
    fc.integer({ min: 0, max: 100_000 }).map((step) => step / 1000),
    { maxLength: 12 },
  );

  it('a user switches at most once while the weight rises, and is back after a rollback', () => {
    fc.assert(
      fc.property(key, schedule, (user, weights) => {
        const rising = weights.toSorted((a, b) => a - b);
        const sides = rising.map((weight) => isOnTo(user, weight));
        assert.deepEqual(
          sides,
          sides.toSorted((a, b) => Number(a) - Number(b)),
        );
        const backwards = rising.toReversed().map((weight) => isOnTo(user, weight));
        assert.deepEqual(backwards.toReversed(), sides);
      }),
    );
  });

  it('0 % is nobody and 100 % is everybody', () => {
    fc.assert(
      fc.property(key, (user) => {
        assert.equal(isOnTo(user, 0), false);
        assert.equal(isOnTo(user, 100), true);
      }),
    );
  });
});

describe('uniformity', () => {
  const N = 400_000;
  const families: Record<string, (i: number) => string> = {
    sequential: (i) => `user-${i}`,
    numeric: (i) => String(1_000_000 + i),
    email: (i) => `person${i}@example.com`,
    uuid: (i) => `3f2504e0-4f89-41d3-9a0c-${i.toString(16).padStart(12, '0')}`,
  };

  for (const [family, make] of Object.entries(families)) {
    it(`${family} keys: 1000 cells are neither uneven nor too even, and shares hit their weights`, () => {
      const cells = new Float64Array(1000);
      const counts = new Map([1, 5, 25, 50].map((weight) => [weight, 0]));
      for (let i = 0; i < N; i++) {
        const bucket = bucketOf('docs/r2', make(i));
        const cell = Math.floor(bucket / 100);
        cells[cell] = (cells[cell] ?? 0) + 1;
        for (const [weight, count] of counts) if (bucket < cutOff(weight)) counts.set(weight, count + 1);
      }
      const expected = N / 1000;
      const chi2 = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      assert.ok(chi2 > 866 && chi2 < 1142.8, `chi² ${chi2}`);
      for (const [weight, count] of counts) {
        const w = weight / 100;
        assert.ok(Math.abs(count / N - w) < 4 * Math.sqrt((w * (1 - w)) / N), `${weight} %: ${count / N}`);
      }
    });
  }

  it('two salts deal users independently: the same people are not always first', () => {
    const table = new Float64Array(100);
    for (let i = 0; i < N; i++) {
      const row = Math.floor(bucketOf('docs/r2', `user-${i}`) / 10_000);
      const column = Math.floor(bucketOf('docs/r3', `user-${i}`) / 10_000);
      table[row * 10 + column] = (table[row * 10 + column] ?? 0) + 1;
    }
    const chi2 = table.reduce((sum, count) => sum + (count - N / 100) ** 2 / (N / 100), 0);
    assert.ok(chi2 < 148.2, `chi² ${chi2}`);
  });
});
