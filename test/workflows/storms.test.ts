/** Messages that nobody of us would send: too many, too large, forged, malformed. None may wedge a switch or end up in a payload. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client, WorkflowFailedError } from '@temporalio/client';
import { switchWorkflowId, WORKFLOW_TYPE } from '../../src/client/names.ts';
import { eventsQuery } from '../../src/workflows/messages.ts';
import { scriptedPlan } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

void describe('a storm of messages', { concurrency: 2 }, () => {
  void test('continues as new, keeps everything that was decided, and can still be rolled back (A8, F9)', async () => {
    const one = await switches.start('storm', { skip: false });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    await one.command('tune', { change: { fenceMs: 90_000 }, reason: 'r' });
    const first = (await one.handle.describe()).runId;
    for (let batch = 0; batch < 21; batch += 1) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          one.signal(index % 2 === 0 ? 'nonsense' : 'resume', { by: 'eve' }),
        ),
      );
    }
    await one.until('note', (event) => /continued as new/.test(event.text));
    assert.notEqual((await one.handle.describe()).runId, first);
    const state = await one.state();
    assert.equal(state.stage, 'canary');
    assert.equal(state.plan.cutover.fenceMs, 90_000);
    assert.equal(state.switchId, first, 'one switch, however many runs');
    const { stored } = await one.handle.query(eventsQuery);
    assert.ok(stored.length > 0, 'the events before are in the store');
    assert.equal(one.service.writes.length, 1, 'the canary was not written twice');
    await one.command('rollback', { reason: 'drill' });
    await one.rolledBack();
    one.assertAllOnFrom();
    const pack = one.service.published.get('evidence-pack.json') ?? '';
    for (const digest of stored) assert.ok(pack.includes(digest), 'and in the pack');
  });

  void test('leaves few events and no large one (F9)', async () => {
    const one = await switches.start('large commands', { skip: false });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    const padding = 'x'.repeat(400_000);
    for (const name of ['approve', 'pause', 'resume', 'override', 'tune', 'look', 'anything']) {
      await one.signal(name, {
        by: 'eve',
        commandId: name,
        padding,
        change: padding,
        gate: padding,
        stage: padding,
        reason: 'r',
      });
    }
    for (let sent = 0; sent < 300; sent += 1) await one.signal(`unknown-${sent}`);
    await one.until('signal-ignored', (event) => event.total >= 256);
    const events = await one.events();
    const noise = events.filter(
      (event) => event.type === 'signal-ignored' || event.type === 'command-refused',
    );
    assert.ok(noise.length <= 110, `${noise.length}`);
    assert.ok(JSON.stringify(events).length < 60_000, `${JSON.stringify(events).length} bytes`);
    await one.command('rollback', { reason: 'drill' });
    await one.rolledBack();
    assert.ok((one.service.published.get('report.md') ?? '').length < 60_000);
  });
});

void describe('the watching activity’s own signal', () => {
  void test('can forge nothing but a look of the hold under way, and wedges nothing (F5)', async () => {
    const one = await switches.start('forged looks', { skip: false });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    const look = {
      step: 'canary 1 %',
      evidence: '',
      verdict: 'pass',
      look: { index: 1, planned: 1, final: false },
      gates: [],
      concerns: [],
    };
    const forged: object[] = [
      { ...look, type: 'no-return', color: 'blue' },
      { ...look, type: 'ended', outcome: { kind: 'completed', report: null } },
      {
        ...look,
        type: 'waiting',
        wait: { kind: 'approval', what: 'x', sinceMs: 8.64e15 + 1, deadlineMs: 9e15 },
      },
      { ...look, atMs: 9e15 },
      { ...look, look: { index: 1e308, planned: -1, final: 'no' } },
      { ...look, step: 'another hold' },
    ];
    for (const body of forged) await one.signal('look', body);
    await one.signal('look', look);
    await one.until('looked', (event) => event.look.index === 1);
    const state = await one.state();
    assert.equal(state.pastNoReturn, false);
    assert.equal(state.outcome, null);
    assert.equal(state.wait, null);
    const types = new Set((await one.events()).map((event) => event.type));
    for (const type of ['no-return', 'ended', 'waiting'] as const) assert.ok(!types.has(type), type);
    assert.ok((await one.events()).every((event) => event.atMs < 8e15));
    await one.command('rollback', { reason: 'drill' });
    await one.rolledBack();
  });
});

const STEP = { at: 'preflight', name: 'up', do: { use: 'scripted' }, undo: null, undoUntil: 'end' };

void test('a malformed start fails at once with one sentence (F21)', async () => {
  const { connection, namespace } = await switches.connected();
  await switches.worker(`malformed-${process.pid}`);
  const client = new Client({ connection, namespace });
  const plan = await scriptedPlan('malformed-start');
  const { gates: _gates, ...gateless } = plan;
  const inputs: unknown[] = [
    undefined,
    null,
    7,
    'plan',
    [],
    {},
    { plan: null },
    { plan: {}, planDigest: 'd' },
    { plan: gateless, planDigest: 'd' },
    { plan: { ...plan, from: 'red' }, planDigest: 'd' },
    { plan: { ...plan, to: plan.from }, planDigest: 'd' },
    { plan: { ...plan, ramp: [null] }, planDigest: 'd' },
    { plan: { ...plan, approvals: [{ before: 'canary' }] }, planDigest: 'd' },
    { plan: { ...plan, steps: [{ ...STEP, withinMs: 0 }] }, planDigest: 'd' },
    { plan: { ...plan, pause: { afterMs: 'long', then: 'pause' } }, planDigest: 'd' },
    { plan: { ...plan, cutover: { ...plan.cutover, freezeMs: Number.NaN } }, planDigest: 'd' },
  ];
  for (const [index, input] of inputs.entries()) {
    const handle = await client.workflow.start(WORKFLOW_TYPE, {
      workflowId: `${switchWorkflowId('malformed-start')}/${index}`,
      taskQueue: `malformed-${process.pid}`,
      args: [input],
    });
    await assert.rejects(handle.result(), (error: unknown) => {
      assert.ok(error instanceof WorkflowFailedError);
      assert.match(error.cause?.message ?? '', /this is no plan that a switch can run: .*; start it with/);
      return true;
    });
  }
});
