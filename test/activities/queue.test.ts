/** Queue activities over a queue that a test holds in its hand: what they count, when they end, what they say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { queueActivities } from '../../src/activities/queue.ts';
import type { QueueActivities } from '../../src/activities/queue-api.ts';
import type { HealthCounters } from '../../src/domain/health.ts';
import type { Targets } from '../../src/domain/targets.ts';
import { ScriptedService } from '../support/scripted-service.ts';
import { scriptedWorld } from '../support/scripted-world.ts';

/** What an activity gave after all its attempts, under a clock that jumps to the next one. */
interface Run<T> {
  readonly done: T;
  readonly tookMs: number;
  readonly beats: readonly unknown[];
}

function open(queue: 'scripted' | 'none' = 'scripted'): {
  service: ScriptedService;
  run: <K extends keyof QueueActivities>(
    name: K,
    input: Omit<Parameters<QueueActivities[K]>[0], 'targets'>,
    /** Called before each attempt with the time since the first. */
    meanwhile?: (nowMs: number) => void,
  ) => Promise<Run<Awaited<ReturnType<QueueActivities[K]>>>>;
} {
  const service = new ScriptedService('docs');
  const targets = {
    switchId: 'run-1',
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [],
    colorUrls: { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:1' },
    providers: { queue: queue === 'none' ? null : { use: 'scripted' }, color: { use: 'scripted' } },
  } as unknown as Targets;
  const activities = queueActivities(scriptedWorld(new Map([['docs', service]])));
  const startMs = 1_000_000;
  return {
    service,
    async run(name, input, meanwhile = () => undefined) {
      const beats: unknown[] = [];
      let nowMs = startMs;
      for (;;) {
        const env = new MockActivityEnvironment({
          currentAttemptScheduledTimestampMs: nowMs,
          heartbeatDetails: beats.at(-1),
        });
        env.on('heartbeat', (beat) => beats.push(beat));
        meanwhile(nowMs - startMs);
        try {
          const perform = activities[name] as (given: unknown) => Promise<never>;
          return { done: await env.run(perform, { targets, ...input }), tookMs: nowMs - startMs, beats };
        } catch (cause) {
          if (!(cause instanceof ApplicationFailure) || cause.type !== 'LookAgain') throw cause;
          nowMs += Number(cause.nextRetryDelay);
        }
      }
    },
  };
}

void describe('guardFence', () => {
  const input = { step: 'fence', forMs: 60_000, budgetMs: 120_000, lateBase: null };

  void it('closes at the end of its window over an empty queue, with what it moved', async () => {
    const { service, run } = open();
    service.jobs.blue = 7;
    const { done, tookMs } = await run('guardFence', input);
    assert.deepEqual(done, {
      closed: true,
      left: { ready: 0, inFlight: 0, delayed: 0 },
      moved: 7,
      lateWrites: 0,
      lateBase: 0,
      refused: null,
    });
    assert.ok(tookMs >= 60_000 && tookMs < 67_000, `${tookMs} ms`);
  });

  const held = { stuckJobs: 'inFlight', delayedJobs: 'delayed' } as const;
  for (const [where, counted] of Object.entries(held) as [keyof typeof held, 'inFlight' | 'delayed'][]) {
    void it(`stays open while jobs are ${counted}, and ends with the numbers when its time is over (A2)`, async () => {
      const { service, run } = open();
      service[where].blue = 3;
      const { done, tookMs } = await run('guardFence', input);
      assert.equal(done.closed, false);
      assert.deepEqual(done.left, { ready: 0, inFlight: 0, delayed: 0, [counted]: 3 });
      assert.ok(tookMs >= 120_000 && tookMs < 127_000, `${tookMs} ms`);
    });

    void it(`moves jobs that were ${counted} and become visible within its time, then closes (A2)`, async () => {
      const { service, run } = open();
      service[where].blue = 3;
      const { done, tookMs } = await run('guardFence', input, (nowMs) => {
        if (nowMs < 80_000 || service[where].blue === 0) return;
        service.jobs.blue += service[where].blue;
        service[where].blue = 0;
      });
      assert.equal(done.closed, true);
      assert.equal(done.moved, 3);
      assert.ok(tookMs >= 80_000 && tookMs < 110_000, `${tookMs} ms`);
    });
  }

  void it('ends when its time is over though a producer never stops (F16)', async () => {
    const { service, run } = open();
    service.straggling.blue = 2;
    const { done, tookMs } = await run('guardFence', input);
    assert.equal(done.closed, false);
    assert.ok(done.moved > 10);
    assert.ok(tookMs >= 120_000 && tookMs < 127_000, `${tookMs} ms`);
  });

  void it('ends at once when the target refuses, in its words, and takes no job twice (F17)', async () => {
    const { service, run } = open();
    service.jobs.blue = 4;
    service.refusal = { why: 'jobs.green refuses jobs: access denied', isLastTry: false };
    const { done } = await run('guardFence', input);
    assert.equal(done.closed, false);
    assert.equal(done.refused, 'jobs.green refuses jobs: access denied');
    assert.equal(done.left?.ready, 4);
    assert.equal(service.moves, 1);
  });

  void it('watches the emptiness as long as the broker’s counts lag', async () => {
    const { service, run } = open();
    service.queueLagMs = 70_000;
    const { tookMs } = await run('guardFence', input);
    assert.ok(tookMs >= 70_000, `${tookMs} ms`);
  });

  void it('without a queue counts late writes only (A5)', async () => {
    const { service, run } = open('none');
    let lateWrites = 5;
    service.health = (healthy) => [{ ...healthy, counters: counting(lateWrites) }];
    const { done } = await run('guardFence', { ...input, lateBase: 3 }, () => (lateWrites = 9));
    assert.deepEqual(done, {
      closed: true,
      left: null,
      moved: 0,
      lateWrites: 6,
      lateBase: 3,
      refused: null,
    });
  });

  void it('counts late writes from when the color could be asked first', async () => {
    const { service, run } = open();
    service.health = (healthy) => [{ ...healthy, counters: counting(500) }];
    service.failAt('health:blue', 'retry', 2);
    assert.equal((await run('guardFence', input)).done.lateWrites, 0);
  });

  void it('goes on where the color counts none', async () => {
    const { service, run } = open();
    service.health = (healthy) => [{ ...healthy, counters: undefined }];
    const { closed, lateWrites, lateBase } = (await run('guardFence', input)).done;
    assert.deepEqual({ closed, lateWrites, lateBase }, { closed: true, lateWrites: 0, lateBase: null });
  });
});

void describe('moveJobs', () => {
  const input = {
    step: 'rollback-jobs',
    from: 'green',
    to: 'blue',
    quietMs: 2000,
    budgetMs: 30_000,
  } as const;

  void it('has no end before the queue is empty, and tells how far it is (A22)', async () => {
    const { service, run } = open();
    service.jobs.green = 250_001;
    const { done, beats } = await run('moveJobs', input);
    assert.deepEqual(done, {
      moved: 250_001,
      left: { ready: 0, inFlight: 0, delayed: 0 },
      refused: null,
    });
    assert.equal(service.jobs.blue, 250_001);
    const told = beats.map((beat) => (beat as { moved: number }).moved);
    assert.ok(told.length >= 50);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
  });

  void it('has no end before the queue is empty though a broker is slow', async () => {
    const { service, run } = open();
    service.jobs.green = 10_000;
    service.mostOfMove = 100;
    // Between two moves the clock goes on by 1 ms.
    const { done } = await run('moveJobs', { ...input, quietMs: 10, budgetMs: 20 });
    assert.equal(done.moved, 10_000);
  });

  void it('waits for jobs that are held or not due yet, and moves them when they come back (A2)', async () => {
    const { service, run } = open();
    service.stuckJobs.green = 2;
    service.delayedJobs.green = 1;
    const { done } = await run('moveJobs', input, (nowMs) => {
      if (nowMs < 10_000) return;
      service.jobs.green += service.stuckJobs.green + service.delayedJobs.green;
      service.stuckJobs.green = 0;
      service.delayedJobs.green = 0;
    });
    assert.equal(done.moved, 3);
    assert.deepEqual(done.left, { ready: 0, inFlight: 0, delayed: 0 });
  });

  void it('says what stays when its time is over (A2)', async () => {
    const { service, run } = open();
    service.jobs.green = 2;
    service.stuckJobs.green = 1;
    const { done, tookMs } = await run('moveJobs', input);
    assert.deepEqual(done, { moved: 2, left: { ready: 0, inFlight: 1, delayed: 0 }, refused: null });
    assert.ok(tookMs >= 30_000 && tookMs < 35_000, `${tookMs} ms`);
  });

  void it('ends though a producer never stops (F16)', async () => {
    const { service, run } = open();
    service.straggling.green = 1;
    assert.ok((await run('moveJobs', input)).tookMs < 35_000);
  });

  void it('tries a target that refuses again, ever more slowly, and ends in its words (F17)', async () => {
    const { service, run } = open();
    service.jobs.green = 5;
    service.refusal = { why: 'jobs.blue refuses jobs: KMS', isLastTry: false };
    const { done } = await run('moveJobs', input);
    assert.equal(done.refused, 'jobs.blue refuses jobs: KMS');
    assert.equal(done.left.ready, 5);
    assert.ok(service.moves <= 4, `${service.moves} tries`);
  });

  void it('moves on when the target takes jobs again (F17)', async () => {
    const { service, run } = open();
    service.jobs.green = 5;
    service.refusal = { why: 'jobs.blue refuses jobs: KMS', isLastTry: false };
    const { done } = await run('moveJobs', input, (nowMs) => {
      if (nowMs > 4000) service.refusal = null;
    });
    assert.deepEqual(done, { moved: 5, left: { ready: 0, inFlight: 0, delayed: 0 }, refused: null });
  });

  void it('does not try again when that could send a job to the dead-letter queue (F17)', async () => {
    const { service, run } = open();
    service.jobs.green = 5;
    service.refusal = { why: 'jobs.blue refuses jobs: KMS', isLastTry: true };
    assert.equal((await run('moveJobs', input)).done.left.ready, 5);
    assert.equal(service.moves, 1);
  });
});

void describe('drainQueue', () => {
  const input = { color: 'blue' as const, quietMs: 1000, budgetMs: 20_000 };

  void it('waits for what is due later, unless the move after the flip takes it along', async () => {
    const { service, run } = open();
    service.delayedJobs.blue = 1;
    assert.equal((await run('drainQueue', input)).done.drained, false);
    service.movesDelayed = true;
    assert.equal((await run('drainQueue', input)).done.drained, true);
    service.jobs.blue = 1;
    assert.equal((await run('drainQueue', input)).done.drained, false);
  });
});

function counting(lateWrites: number): HealthCounters {
  return { jobsDone: 0, jobsDeduped: 0, egressCalls: 0, egressFailures: 0, lateWrites };
}
