/**
 * `temporal workflow reset`: the run begins again from some point of its history and knows nothing of what it did after it. Wherever that
 * is, a rollback brings users, producers, writes and jobs home, and never to a color that is gone.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '@temporalio/client';
import { commandSignals } from '../../src/workflows/messages.ts';
import type { Outcome } from '../../src/domain/state.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

/** Event ids at which the CLI can begin a run again. */
async function pointsOf({ handle }: RunningSwitch): Promise<readonly number[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? [])
    .filter((event) => event.workflowTaskCompletedEventAttributes != null)
    .map((event) => Number(event.eventId));
}

/** Begins the switch's first run again, as `temporal workflow reset --event-id` does; whatever run is open ends. */
async function reset({ handle }: RunningSwitch, runId: string, eventId: number): Promise<void> {
  const { connection, namespace } = await switches.connected();
  await connection.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    reason: 'drill',
    workflowTaskFinishEventId: eventId as unknown as Long,
    requestId: `${runId}-${eventId}`,
  });
}

type Long = NonNullable<
  Parameters<Client['workflowService']['resetWorkflowExecution']>[0]['workflowTaskFinishEventId']
>;

/** The newest run of the switch: a handle of the start stands for the run that a reset ended. */
async function newest({ handle }: RunningSwitch) {
  const { connection, namespace } = await switches.connected();
  return new Client({ connection, namespace }).workflow.getHandle(handle.workflowId);
}

async function rollBack(
  one: RunningSwitch,
  reason: string,
): Promise<Extract<Outcome, { kind: 'rolled-back' }>> {
  const run = await newest(one);
  await run.signal(commandSignals.rollback, { by: 'ana', reason, commandId: reason });
  const outcome = (await run.result()) as Outcome;
  assert.ok(outcome.kind === 'rolled-back', JSON.stringify(outcome));
  return outcome;
}

/** Runs until the peak hold, where its last look is held. */
async function heldInHold(scenario: string): Promise<{ one: RunningSwitch; runId: string; go: () => void }> {
  const one = await switches.start(scenario);
  const held = one.service.stopAt('gate:hold');
  await held.reached;
  return { one, runId: (await one.handle.describe()).runId, go: () => held.go() };
}

describe('reset', { concurrency: 3 }, () => {
  const LANES = 3;
  for (let lane = 0; lane < LANES; lane += 1) {
    it(`to any point, then rollback: users, producers, writes and jobs are home (lane ${lane}) (F10)`, async (t) => {
      const { one, runId, go } = await heldInHold(`reset lane ${lane}`);
      const { service } = one;
      const flipped = service.edge;
      assert.equal(flipped?.producer, 'green');
      const points = (await pointsOf(one)).filter((_, index) => index % LANES === lane);
      assert.ok(points.length > 5, `${points.length} points`);
      const wrong: string[] = [];
      for (const point of points) {
        // As it stood when somebody reset it, whatever the round before has done.
        service.writes.push(flipped);
        service.jobs.green = 3;
        const released = service.released;
        await reset(one, runId, point);
        const { restoredInMs } = await rollBack(one, `after a reset to ${point}`);
        try {
          assert.notEqual(restoredInMs, null);
          one.assertAllOnFrom();
          assert.deepEqual(service.jobs, { blue: service.jobs.blue, green: 0 }, 'jobs');
          assert.ok(service.released > released, 'warm capacity');
        } catch (cause) {
          wrong.push(`${point}: ${cause instanceof Error ? cause.message : String(cause)}`);
        }
      }
      go();
      t.diagnostic(`${points.length} points`);
      assert.deepEqual(wrong, []);
    });
  }

  it('after a rollback, to beyond the flip: another rollback finds users at home and keeps them there (F10)', async () => {
    const { one, runId, go } = await heldInHold('reset after a rollback');
    const points = await pointsOf(one);
    await rollBack(one, 'first');
    go();
    one.assertAllOnFrom();
    one.service.jobs.green = 3;
    await reset(one, runId, points.at(-1) ?? 0);
    await rollBack(one, 'second');
    one.assertAllOnFrom();
    assert.equal(one.service.jobs.green, 0);
  });

  it('after the old color was retired: users stay where they are served until it lives again, or somebody insists (F10)', async () => {
    const one = await switches.start('reset after the end');
    const { service } = one;
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(service.retired, ['blue']);
    const ended = service.edge;
    assert.ok(ended !== null);
    const { runId } = await one.handle.describe();
    const points = await pointsOf(one);
    for (const point of [points[4], points.at(-8)]) {
      service.write(ended);
      let asked = 0;
      service.health = (healthy) => {
        if (healthy.color !== 'blue') return [healthy];
        asked += 1;
        if (asked > 5) return [healthy];
        assert.equal(service.edge?.weightPercent, 100);
        return [{ ...healthy, ok: false }];
      };
      await reset(one, runId, point ?? 0);
      await rollBack(one, `after the end ${point}`);
      assert.ok(asked > 5, `${asked} times`);
      one.assertAllOnFrom();
    }
  });
});
