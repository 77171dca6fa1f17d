/** What a cache doubts of itself in preflight becomes a finding. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { cacheDoubts } from '../../../src/activities/inspect/cache.ts';
import type { Color } from '../../../src/domain/color.ts';
import { targetsOf } from '../../../src/domain/targets.ts';
import type { Doubt } from '../../../src/ports/index.ts';
import { scriptedPlan } from '../../support/plans.ts';
import { ScriptedService } from '../../support/scripted-service.ts';
import { scriptedWorld, withPorts } from '../../support/scripted-world.ts';

const NAME = 'doubted';
const UNTAGGED: Doubt = { severity: 'blocking', what: 'no tag', fix: 'send one' };

void describe('preflight and the cache', () => {
  void it('asks about the color that will be purged, with keys that users ask for, and tells what it doubts', async () => {
    const plan = await scriptedPlan(NAME);
    const targets = targetsOf(plan, 's', 0);
    const scripted = scriptedWorld(new Map([[NAME, new ScriptedService(NAME)]]));
    const asked: [Color, number][] = [];
    const world = withPorts(scripted, {
      cache: async () => {
        const port = await scripted.port('cache', targets);
        assert.ok(port !== null);
        return {
          ...port,
          check: async (color, keys) => {
            asked.push([color, keys.length]);
            return [UNTAGGED];
          },
        };
      },
    });
    const inActivity = <T>(perform: () => Promise<T>): Promise<T> =>
      new MockActivityEnvironment().run(perform);
    assert.deepEqual(await inActivity(() => cacheDoubts(world, plan, targets)), [
      { code: 'cache-unproved', severity: 'blocking', message: 'no tag', fix: 'send one' },
    ]);
    assert.equal(asked[0]?.[0], 'blue');
    assert.ok((asked[0]?.[1] ?? 0) > 0);
    // One that cannot be asked is no finding.
    assert.deepEqual(await inActivity(() => cacheDoubts(scripted, plan, targets)), []);
  });
});
