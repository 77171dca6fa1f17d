/** Switches that were ended from outside: where users are is said, and they are brought to one color. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '@temporalio/client';
import { findStranded, proposal, startRecovery } from '../../src/client/recover.ts';
import type { Color } from '../../src/domain/color.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const serviceOf = (one: RunningSwitch): string => one.handle.workflowId.replace(/^cutover\//, '');

async function recovered(client: Client, one: RunningSwitch, to?: Color) {
  const stranded = await findStranded(client, serviceOf(one));
  const handle = await startRecovery(client, stranded, {
    to: to ?? proposal(stranded),
    by: 'ana',
    reason: 'was ended',
  });
  return { stranded, outcome: await handle.result() };
}

/** Where a switch stands when somebody ends it. */
const MOMENTS = ['gate:canary 1 %', 'gate:ramp 50 %', 'written:freeze-1', 'written:flip-1'] as const;

describe('recover (F11)', { concurrency: 4 }, () => {
  for (const at of MOMENTS) {
    it(`terminated at ${at}: everybody home, writes open, producers and jobs back (F11)`, async () => {
      const { client } = await switches.connected();
      const one = await switches.start(`terminated ${at}`);
      const held = one.service.stopAt(at);
      await held.reached;
      await one.handle.terminate('by mistake');
      held.go();
      one.service.jobs.green = 3;
      const { stranded, outcome } = await recovered(client, one);
      assert.equal(stranded.last.execution, 'TERMINATED');
      assert.equal(stranded.writer?.runId, stranded.last.runId);
      assert.ok(outcome.kind === 'rolled-back');
      assert.equal(outcome.reason, 'ana: was ended');
      assert.deepEqual(outcome.left, []);
      one.assertAllOnFrom();
      assert.deepEqual(one.service.jobs.green, 0);
    });
  }

  it('to the new color: everybody there (F11)', async () => {
    const { client } = await switches.connected();
    const one = await switches.start('terminated and forward');
    const held = one.service.stopAt('gate:ramp 50 %');
    await held.reached;
    await one.handle.terminate('by mistake');
    held.go();
    const { outcome } = await recovered(client, one, 'green');
    assert.equal(outcome.kind, 'rolled-back');
    const { edge } = one.service;
    assert.ok(edge !== null);
    const onGreen = edge.from === 'green' ? 100 - edge.weightPercent : edge.weightPercent;
    assert.deepEqual(
      [onGreen, edge.producer, edge.writes, edge.freezeUntilMs],
      [100, 'green', { blue: 'read-only', green: 'open' }, null],
    );
  });

  it('with steps of one’s own: undoes none, since nobody knows which were done, and names each', async () => {
    const { client } = await switches.connected();
    const action = { use: 'scripted' };
    const step = { do: action, undo: action, undoUntil: 'end', reason: null, withinMs: 5000 } as const;
    const one = await switches.start('terminated with steps', {
      plan: { steps: [{ ...step, at: 'before-canary', name: 'up' }] },
    });
    const held = one.service.stopAt('gate:ramp 50 %');
    await held.reached;
    await one.handle.terminate('by mistake');
    held.go();
    const { outcome } = await recovered(client, one);
    assert.ok(outcome.kind === 'rolled-back');
    assert.match(outcome.left.join('; '), /^step up, of which this run does not know whether it was done/);
    assert.equal(one.service.stepCalls.length, 1);
    one.assertAllOnFrom();
  });

  it('stranded by a start that terminated it: the run that wrote the edge is found behind the newer one (F11)', async () => {
    const { client } = await switches.connected();
    const one = await switches.start('replaced by a start');
    const held = one.service.stopAt('gate:ramp 50 %');
    await held.reached;
    const first = (await one.handle.describe()).runId;
    await one.handle.terminate('replaced');
    held.go();
    const again = await switches.startAgain(one);
    const refused = await again.result();
    assert.equal(refused.kind, 'refused');
    const finding = refused.findings.find(({ code }) => code === 'edge-not-on-from');
    assert.match(finding?.message ?? '', new RegExp(`written by ${first}/`));
    assert.match(finding?.fix ?? '', /cutover recover /);
    const { stranded } = await recovered(client, one);
    assert.notEqual(stranded.last.runId, first);
    assert.equal(stranded.writer?.runId, first);
    one.assertAllOnFrom();
  });

  it('a switch that runs: refused, with what to type (F11)', async () => {
    const { client } = await switches.connected();
    const one = await switches.start('still running');
    const held = one.service.stopAt('gate:canary 1 %');
    await held.reached;
    await assert.rejects(findStranded(client, serviceOf(one)), /is running .*`cutover rollback /);
    held.go();
    await one.outcome();
  });

  it('no such service: refused (F11)', async () => {
    const { client } = await switches.connected();
    await assert.rejects(findStranded(client, 'nobody-knows'), /no switch of nobody-knows was found/);
  });
});
