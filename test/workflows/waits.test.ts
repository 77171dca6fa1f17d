/** What a switch waits for, what ends the wait, and what does not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from '@temporalio/client';
import type { Outcome } from '../../src/domain/state.ts';
import type { PlanChange } from '../support/plans.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { NOTIFY } from '../support/plans.ts';
import type { Held } from '../support/scripted-service.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const HOUR = 3_600_000;

const approvalOf = (before: 'canary' | 'decommission', afterMs: number): PlanChange => ({
  approvals: [{ before, approvers: [], count: 1, deadline: { afterMs, then: 'rollback' } }],
});

async function forwardTo(one: RunningSwitch, kind: string): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    if ((await one.state()).wait?.kind === kind) return;
    await one.forward(10 * 60_000);
  }
  throw new Error(`it never came to wait for ${kind}`);
}

void describe('under a pause', { concurrency: 3 }, () => {
  void test('every other wait stands still; after the resume it has the time it had left (A10)', async () => {
    const one = await switches.start('pause in approval', {
      skip: false,
      plan: { ...approvalOf('canary', 4 * HOUR), pause: { afterMs: 72 * HOUR, then: 'rollback' } },
    });
    await forwardTo(one, 'approval');
    await one.forward(HOUR);
    await one.command('pause');
    await one.until('waiting', (event) => event.wait.kind === 'paused');
    await one.forward(60 * HOUR);
    assert.equal((await one.state()).rollback, null, 'no deadline but its own runs');
    await one.command('resume');
    const again = (await one.state()).wait;
    assert.equal(again?.kind, 'approval');
    const leftMs = (again?.deadlineMs ?? 0) - (again?.sinceMs ?? 0);
    assert.ok(leftMs > 2 * HOUR && leftMs < 3.2 * HOUR, `${leftMs}`);
    await one.forward(4 * HOUR);
    assert.match((await one.rolledBack()).reason, /nobody answered in time: approval of canary/);
  });

  void test('its own deadline is the one that counts', async () => {
    const one = await switches.start('pause in question', {
      skip: false,
      plan: { ...approvalOf('canary', 2 * HOUR), pause: { afterMs: 6 * HOUR, then: 'rollback' } },
    });
    await forwardTo(one, 'approval');
    await one.command('pause');
    await one.forward(7 * HOUR);
    assert.match((await one.rolledBack()).reason, /resume \(paused by ana\)/);
  });
});

/** Holds the look right before the point of no return. */
async function lastLook(one: RunningSwitch): Promise<Held> {
  for (;;) {
    const looking = one.service.stopAt('depth:blue');
    await looking.reached;
    if ((await one.state()).stage === 'decommission') return looking;
    looking.go();
  }
}

void describe('before decommission', { concurrency: 3 }, () => {
  const notified: PlanChange = { providers: { notify: NOTIFY } };

  void test('a color that serves users again, by somebody else’s write, is not retired unasked (F2)', async () => {
    const one = await switches.start('stranger at the end', {
      skip: false,
      plan: approvalOf('decommission', 72 * HOUR),
    });
    await forwardTo(one, 'approval');
    one.service.strangerWrites({ weightPercent: 0, producer: 'blue' });
    await one.command('approve');
    await one.forward(60_000);
    const { wait } = await one.until('waiting', (event) =>
      /written by a stranger|somebody else/.test(event.wait.what),
    );
    assert.ok(wait.deadlineMs !== null);
    assert.deepEqual(one.service.retired, []);
    await one.command('rollback', { reason: 'drill' });
    await one.rolledBack();
    assert.deepEqual(one.service.retired, []);
  });

  void test('a pause that comes while it is looked at for the last time is kept: nothing is retired under it (F1)', async () => {
    const one = await switches.start('paused at the brink', {
      plan: { pause: { afterMs: HOUR, then: 'rollback' } },
    });
    const looking = await lastLook(one);
    assert.match(await one.command('pause'), /paused in decommission/);
    looking.go();
    assert.match((await one.rolledBack()).reason, /resume \(paused by ana\)/);
    assert.deepEqual(one.service.retired, []);
  });

  void test('a queue that cannot be looked at is asked about: nobody goes back for it after all was passed (F18)', async () => {
    const one = await switches.start('blind at the brink', { plan: notified });
    const asked = one.service.stopAt('tell:Waiting for a decision in decommission');
    const looking = await lastLook(one);
    one.service.failAt('depth:blue', 'human');
    looking.go();
    await asked.reached;
    assert.match(
      (await one.state()).wait?.what ?? '',
      /could not be looked at: scripted: .* fails as scripted/,
    );
    one.service.mend('depth:blue');
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.retired, ['blue']);
  });

  void test('a queue that holds jobs blocks it, with the numbers (A2)', async () => {
    const one = await switches.start('jobs at the end', { plan: notified });
    const held = one.service.stopAt('gate:hold');
    await held.reached;
    one.service.stuckJobs.blue = 3;
    const asked = one.service.stopAt('tell:Waiting for a decision in decommission');
    held.go();
    await asked.reached;
    assert.match((await one.state()).wait?.what ?? '', /blue's queue holds 0 ready, 3 in flight, 0 delayed/);
    assert.equal((await one.state()).pastNoReturn, false);
    one.service.stuckJobs.blue = 0;
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.retired, ['blue']);
  });

  void test('a rollback while the report is written, with nothing to retire, is refused (F6)', async () => {
    const one = await switches.start('late rollback', {
      plan: { decommission: { retire: false } },
      script: (service) => service.failAt('publish', 'retry', 3),
    });
    await one.until('no-return');
    await assert.rejects(
      one.command('rollback', { reason: 'late' }),
      /past the point of no return|has ended/,
    );
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(one.service.edge?.weightPercent, 100);
  });
});

void describe('a rollback', { concurrency: 3 }, () => {
  void test('whose optional step can never be done ends all the same, and says so (F19)', async () => {
    const one = await switches.start('prime gone', {
      script: (service) => (service.verdict = (step) => (step === 'audit' ? 'fail' : 'pass')),
      plan: { hold: { onRed: 'rollback' } },
    });
    const held = one.service.stopAt('gate:audit');
    await held.reached;
    one.service.failAt('prime', 'retry');
    held.go();
    const { left } = await one.rolledBack();
    assert.match(left.join(), /caches: given up after 10 minutes/);
    one.assertAllOnFrom();
  });

  void test('whose edge asks for a pause of a day, or for none, is back as soon as the edge can be written', async () => {
    for (const retryAfterMs of [24 * HOUR, 0]) {
      const one = await switches.start(`asked for a pause of ${retryAfterMs}`, {
        script: (service) => (service.verdict = (step) => (step === 'audit' ? 'fail' : 'pass')),
        plan: { hold: { onRed: 'rollback' } },
      });
      const held = one.service.stopAt('gate:audit');
      await held.reached;
      one.service.failAt('edge.read', 'retry', 5, retryAfterMs);
      held.go();
      const { restoredInMs } = await one.rolledBack();
      // Five pauses: its own, from 200 ms, or a minute each, the most that is waited for a vendor's sake.
      assert.ok(
        restoredInMs !== null && restoredInMs > 2500 && restoredInMs < 6 * 60_000,
        `${restoredInMs} ms`,
      );
    }
  });

  void test('before anything was written says that nobody had left, and leaves a stranger’s weight alone (F10)', async () => {
    const one = await switches.start('nothing left');
    const held = one.service.stopAt('gate:shadow');
    await held.reached;
    one.service.strangerWrites({ weightPercent: 30 });
    await one.command('rollback', { reason: 'drill' });
    held.go();
    const { restoredInMs, left } = await one.rolledBack();
    assert.equal(restoredInMs, null);
    assert.match(left.join(), /the edge stands at 30 % on green, written by a stranger/);
  });

  void test('reads the edge: a run that was reset to before its own writes brings users back (F10)', async () => {
    const one = await switches.start('reset to the start', { skip: false });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    const { connection, namespace } = await switches.connected();
    const { workflowId } = one.handle;
    const history = await one.handle.fetchHistory();
    const shadow = (history.events ?? []).findLast(
      (event) => event.workflowTaskCompletedEventAttributes !== null && Number(event.eventId) < 20,
    );
    await connection.workflowService.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
      reason: 'drill',
      workflowTaskFinishEventId: shadow?.eventId ?? null,
      requestId: `reset-${process.pid}`,
    });
    await one.signal('rollback', { by: 'ana', reason: 'after the reset', commandId: 'r' });
    // The handle of the start stands for the run that the reset ended.
    const outcome = (await new Client({ connection, namespace }).workflow.result(workflowId)) as Outcome;
    assert.equal(outcome.kind, 'rolled-back');
    assert.notEqual(outcome.kind === 'rolled-back' ? outcome.restoredInMs : null, null);
    one.assertAllOnFrom();
  });
});

void test('a pause whose deadline says proceed is resumed by the plan', async () => {
  const one = await switches.start('pause proceeds', {
    skip: false,
    plan: { ...approvalOf('canary', 72 * HOUR), pause: { afterMs: 2 * HOUR, then: 'proceed' } },
  });
  await forwardTo(one, 'approval');
  await one.command('pause');
  await one.forward(3 * HOUR);
  await one.until('commanded', (event) => event.command.by === 'the plan');
  assert.equal((await one.state()).pause, null);
  assert.equal((await one.state()).wait?.kind, 'approval');
  await one.command('rollback', { reason: 'end of test' });
  await one.rolledBack();
});
