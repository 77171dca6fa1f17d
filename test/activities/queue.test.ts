/** Queue activities over a queue that a test holds in its hand: what they count, when they end, what they say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { queueActivities, type QueueActivities } from '../../src/activities/queue.ts';
import type { Targets } from '../../src/activities/api.ts';
import { ScriptedService } from '../support/scripted-service.ts';
import { scriptedWorld } from '../support/scripted-world.ts';

function open(queue: 'scripted' | 'none' = 'scripted'): {
  service: ScriptedService;
  targets: Targets;
  run: <K extends keyof QueueActivities>(
    name: K,
    input: Omit<Parameters<QueueActivities[K]>[0], 'targets'>,
  ) => Promise<Awaited<ReturnType<QueueActivities[K]>>>;
} {
  const service = new ScriptedService('docs');
  const targets = {
    switchId: 'run-1',
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [],
    colorUrls: { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:1' },
    providers: { queue: queue === 'none' ? null : { use: 'scripted' } },
  } as unknown as Targets;
  const activities = queueActivities(scriptedWorld(new Map([['docs', service]])));
  const env = new MockActivityEnvironment({});
  return {
    service,
    targets,
    run: (name, input) => env.run(activities[name] as never, { targets, ...input } as never),
  };
}

void describe('queueDepth', () => {
  void it('counts what the queue of a color holds (A2)', async () => {
    const { service, run } = open();
    service.jobs.blue = 3;
    service.stuckJobs.blue = 1;
    const depth = await run('queueDepth', { color: 'blue' });
    assert.deepEqual(depth, { ready: 3, inFlight: 1, delayed: 0, dead: 0 });
  });

  void it('is null without a queue (A5)', async () => {
    assert.equal(await open('none').run('queueDepth', { color: 'blue' }), null);
  });
});
