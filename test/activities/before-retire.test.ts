/** What is looked at right before the point of no return. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { edgeActivities } from '../../src/activities/edge.ts';
import type { EdgeActivities } from '../../src/activities/edge-api.ts';
import type { Targets } from '../../src/domain/targets.ts';
import { ScriptedService } from '../support/scripted-service.ts';
import { scriptedWorld } from '../support/scripted-world.ts';

void describe('lookBeforeRetire', () => {
  const look = (
    service: ScriptedService,
    queue: { use: string } | null,
  ): ReturnType<EdgeActivities['lookBeforeRetire']> => {
    const colorUrls = { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:1' };
    const who = { switchId: 'run-1', service: 'docs', from: 'blue', to: 'green', entry: [], colorUrls };
    const targets = {
      ...who,
      providers: { queue, edge: { store: { use: 'scripted' }, traffic: null } },
    } as unknown as Targets;
    const activities = edgeActivities(scriptedWorld(new Map([['docs', service]])));
    return new MockActivityEnvironment().run(() => activities.lookBeforeRetire({ targets, color: 'blue' }));
  };

  void it('counts every job that the color holds, and says what stands at the edge (A2)', async () => {
    const service = new ScriptedService('docs');
    service.strangerWrites({ weightPercent: 30, from: 'blue', to: 'green' });
    service.jobs.blue = 3;
    service.stuckJobs.blue = 1;
    service.delayedJobs.blue = 2;
    const { edge, jobs } = await look(service, { use: 'scripted' });
    assert.deepEqual(jobs, { ready: 3, inFlight: 1, delayed: 2, dead: 0 });
    assert.equal(edge?.weightPercent, 30);
  });

  void it('has no jobs to say without a queue (A5), and no edge where nothing was ever written', async () => {
    assert.deepEqual(await look(new ScriptedService('docs'), null), { edge: null, jobs: null });
  });
});
