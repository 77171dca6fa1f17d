/** What is wrong in one region only. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../../../src/activities/inspect/index.ts';
import type { Color } from '../../../src/domain/color.ts';
import type { HealthContract } from '../../../src/domain/health.ts';
import { codes, healthy, plan, type Bend } from './kit.ts';

void describe('every region', () => {
  const regional =
    (change: (region: string) => Partial<HealthContract>): Bend =>
    (seen) => {
      const both = (color: Color): readonly HealthContract[] =>
        (seen.health[color] ?? []).flatMap((one) =>
          ['eu-west', 'us-east'].map((region) => ({
            ...one,
            region,
            ...(color === 'green' ? change(region) : {}),
          })),
        );
      return { ...seen, health: { blue: both('blue'), green: both('green') } };
    };

  void test('two healthy regions have no finding', () => {
    assert.deepEqual(codes(regional(() => ({}))(healthy)), []);
  });

  void test('what is wrong in the second region only is found there, and said so', () => {
    const bent = regional((region) => (region === 'us-east' ? { env: { MODEL: 'other' } } : {}))(healthy);
    const [finding, ...rest] = check(plan, bent);
    assert.deepEqual([finding?.code, rest], ['env-parity', []]);
    assert.equal(finding?.message, 'in us-east: settings differ between the colors: MODEL');
  });

  void test('an index that differs in one region is found before a user is', () => {
    const index = { ...healthy.health.green?.[0]?.index, INDEX_HASH: 'h9' } as HealthContract['index'];
    const bent = regional((region) => (region === 'us-east' ? { index } : {}))(healthy);
    assert.ok(
      check(plan, bent).some(
        ({ code, message }) => code === 'index-differs' && message.startsWith('in us-east'),
      ),
    );
  });

  void test('what is wrong everywhere is said once', () => {
    const found = check(plan, regional(() => ({ env: { MODEL: 'other' } }))(healthy));
    assert.deepEqual(
      found.map(({ message }) => message),
      ['settings differ between the colors: MODEL'],
    );
  });
});
