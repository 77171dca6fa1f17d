import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trafficProblems, type TrafficCapabilities } from '../../src/domain/traffic.ts';
import { scriptedPlan } from '../support/plans.ts';

const ABLE: TrafficCapabilities = {
  granularityPercent: 1,
  maxPercent: 100,
  canLower: true,
  stages: null,
  isSticky: true,
  isVolatile: false,
  propagation: { maxMs: 0 },
};

async function said(change: Partial<TrafficCapabilities>, plan: object = {}): Promise<string[]> {
  const one = { ...(await scriptedPlan('docs')), ...plan };
  return trafficProblems(one, { ...ABLE, ...change }, 'alias').map(({ path, message, fix }) =>
    [path.join('.'), message, fix].join(' | '),
  );
}

void describe('what a plan asks of a vendor’s own weight', () => {
  void it('nothing is wrong where it can do all of it', async () => {
    assert.deepEqual(await said({}), []);
    assert.deepEqual(await said({ granularityPercent: 0.1 }, { canary: { weightPercent: 0.3 } }), []);
    assert.deepEqual(await said({ stages: [1, 10, 50, 100] }), []);
  });

  void it('a rollback needs a weight that can be lowered', async () => {
    assert.deepEqual(await said({ canLower: false }), [
      'edge.traffic | alias cannot lower a weight: a rollback would write the edge config, and users would stay where they are | name a traffic that can lower, or leave edge.traffic out so that the router moves users',
    ]);
  });

  void it('weights that it cannot set are named where the plan says them', async () => {
    assert.deepEqual(await said({ granularityPercent: 20 }), [
      'canary.weight | alias cannot set 1 %: its steps are 20 % | choose multiples of 20 %',
      'ramp.0 | alias cannot set 10 %: its steps are 20 % | choose multiples of 20 %',
      'ramp.1 | alias cannot set 50 %: its steps are 20 % | choose multiples of 20 %',
    ]);
    assert.deepEqual(await said({ stages: [1, 50, 100] }), [
      'ramp.0 | alias cannot set 10 %: it is none of its stages | choose from 1, 50, 100 %',
    ]);
    assert.deepEqual(await said({ maxPercent: 15 }), [
      'ramp.1 | alias cannot set 50 %: its most is 15 % | use another traffic: a switch ends at 100 %',
      'edge.traffic | alias cannot set 100 %: its most is 15 % | use another traffic: a switch ends at 100 %',
    ]);
  });

  void it('it knows no cohorts', async () => {
    const [only, ...others] = await said({}, { topology: 'header' });
    assert.match(only ?? '', /^topology \| alias holds a weight and nothing else/);
    assert.deepEqual(others, []);
  });
});
