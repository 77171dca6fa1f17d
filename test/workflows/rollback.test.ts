/**
 * The way back: `temporal workflow signal --name rollback` from the stock CLI in every stage restores `from`, from wherever the
 * switch stands; after the point of no return it is refused with the way forward.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NOTIFY, type PlanChange } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

interface Place {
  readonly stage: string;
  /** Where the switch is held when the signal comes. */
  readonly point: string;
  /** False before the first write: there is nothing to take back. */
  readonly wrote: boolean;
  readonly plan?: PlanChange;
}

const asked = { count: 1, approvers: [], deadline: { afterMs: 86_400_000, then: 'pause' as const } };

const PLACES: readonly Place[] = [
  { stage: 'preflight', point: 'health:green', wrote: false },
  { stage: 'shadow', point: 'gate:shadow', wrote: false },
  { stage: 'canary', point: 'edge:canary', wrote: true },
  { stage: 'canary', point: 'gate:canary 1 %', wrote: true },
  { stage: 'warmup', point: 'warm', wrote: true },
  { stage: 'ramp', point: 'edge:ramp-50', wrote: true },
  { stage: 'ramp', point: 'gate:ramp 50 %', wrote: true },
  { stage: 'cutover', point: 'written:freeze-1', wrote: true },
  { stage: 'cutover', point: 'edge:flip-1', wrote: true },
  { stage: 'cutover', point: 'written:flip-1', wrote: true },
  { stage: 'caches', point: 'purge', wrote: true },
  { stage: 'audit', point: 'gate:audit', wrote: true },
  { stage: 'hold', point: 'gate:hold', wrote: true },
  {
    stage: 'hold',
    point: 'tell:Approval needed: decommission',
    wrote: true,
    plan: { approvals: [{ before: 'decommission', ...asked }], providers: { notify: NOTIFY } },
  },
];

void describe('rollback by the stock CLI', { concurrency: 4 }, () => {
  for (const { stage, point, wrote, plan } of PLACES) {
    void test(`in ${stage} (${point}) restores everything`, async () => {
      const one = await switches.start(`back from ${point}`, plan === undefined ? {} : { plan });
      const held = one.service.stopAt(point);
      await held.reached;
      assert.equal((await one.state()).stage, stage);
      await one.cli('rollback', { by: 'ana', reason: 'drill', commandId: 'r1' });
      await one.until('rollback-started');
      if (wrote) {
        // Users are back while what was under way still hangs: the way back never waits for it.
        await one.until('rollback-restored');
        one.assertAllOnFrom();
      }
      held.go();
      const { reason } = await one.rolledBack();
      assert.equal(reason, 'ana: drill');
      if (wrote) one.assertAllOnFrom();
      else assert.deepEqual(one.service.writes, []);
      assert.equal((await one.until('rollback-started')).trigger, 'operator');
      assert.deepEqual((await one.state()).undo, []);
      assert.deepEqual(one.service.retired, []);
    });
  }

  void test('needs no input at all', async () => {
    const one = await switches.start('back without input');
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    await one.cli('rollback');
    held.go();
    assert.equal((await one.rolledBack()).reason, 'signal: no reason given');
    one.assertAllOnFrom();
    const { searchAttributes } = await one.handle.describe();
    assert.deepEqual(searchAttributes['CutoverStage'], ['ended']);
    assert.deepEqual(searchAttributes['CutoverOutcome'], ['rolled-back']);
    assert.deepEqual(searchAttributes['CutoverWeight'], [0]);
  });

  void test('after the point of no return is refused with the reason and the way forward', async () => {
    const one = await switches.start('past no return');
    const held = one.service.stopAt('retire');
    await held.reached;
    await one.cli('rollback', { by: 'ana', reason: 'too late', commandId: 'r1' });
    const { answer } = await one.until('command-refused');
    assert.match(
      answer,
      /past the point of no return: blue is being decommissioned\. The way forward is a new switch from green to blue/,
    );
    await assert.rejects(one.command('rollback', { reason: 'again' }), /past the point of no return/);
    await assert.rejects(one.command('pause'), /decommission has begun and cannot be paused/);
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(one.service.edge?.weightPercent, 100);
  });
});

void describe('native Cancel', { concurrency: 4 }, () => {
  for (const point of ['gate:shadow', 'gate:ramp 10 %', 'purge', 'gate:hold']) {
    void test(`at ${point} is a rollback, and its result says so`, async () => {
      const one = await switches.start(`cancelled at ${point}`);
      const held = one.service.stopAt(point);
      await held.reached;
      await one.handle.cancel();
      if (point !== 'gate:shadow') {
        await one.until('rollback-restored');
        one.assertAllOnFrom();
      }
      held.go();
      assert.equal((await one.rolledBack()).reason, 'the workflow was cancelled');
      assert.ok(one.service.published.has('report.md'), 'its report is written all the same');
    });
  }

  void test('past the point of no return changes nothing', async () => {
    const one = await switches.start('cancelled past no return');
    const held = one.service.stopAt('retire');
    await held.reached;
    await one.handle.cancel();
    held.go();
    const outcome = await one.outcome();
    assert.equal(outcome.kind, 'completed');
    assert.deepEqual(one.service.retired, ['blue']);
    assert.ok(one.service.published.has('report.md'));
  });
});

void describe('what was done is undone', { concurrency: 4 }, () => {
  void test('jobs go back to `from`, its cache is primed, warmth is released', async () => {
    const one = await switches.start('undo all', {
      plan: { hold: { onRed: 'rollback' } },
      script: (service) => (service.verdict = (step) => (step === 'audit' ? 'fail' : 'pass')),
    });
    const held = one.service.stopAt('gate:audit');
    await held.reached;
    one.service.jobs.green = 5;
    one.service.primed.length = 0;
    held.go();
    await one.rolledBack();
    assert.deepEqual(one.service.jobs, { blue: 5, green: 0 });
    assert.deepEqual(one.service.primed, ['blue']);
    assert.equal(one.service.released, 1);
    const { detail } = await one.until('rollback-step', (event) => event.undo === 'jobs');
    assert.match(detail, /^5 jobs moved back to blue/);
  });

  void test('only after the effect under way is over: warmth cannot be released before it was asked for', async () => {
    const one = await switches.start('undo waits');
    const held = one.service.stopAt('warm');
    await held.reached;
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    assert.equal(one.service.released, 0);
    held.go();
    await one.rolledBack();
    assert.equal(one.service.released, 1);
  });

  for (const { what, change, says } of [
    {
      what: 'users',
      change: { weightPercent: 30 },
      says: /stands at 30 % on green, written by a stranger after/,
    },
    {
      what: 'producers',
      change: { producer: 'green' },
      says: /written by a stranger after users were brought/,
    },
    { what: 'nothing', change: {}, says: null },
  ] as const) {
    void test(`and says when somebody else moves ${what} while it brings back the rest`, async () => {
      const one = await switches.start(`moved ${what}`);
      const held = one.service.stopAt('warm');
      await held.reached;
      await one.command('rollback', { reason: 'drill' });
      await one.until('rollback-restored');
      one.service.strangerWrites(change);
      held.go();
      const { left } = await one.rolledBack();
      if (says === null) assert.doesNotMatch(left.join('; '), /after users were brought back/);
      else assert.match(left.join('; '), says);
    });
  }

  void test('when a rolled-back switch starts again, and a write still on its way then loses', async () => {
    const one = await switches.start('late writer', {
      // What an earlier rollback left: exactly what this one would write.
      script: (service) =>
        service.strangerWrites({ weightPercent: 0, writes: { blue: 'open', green: 'read-only' } }),
    });
    const late = one.service.stopAt('edge:canary');
    await late.reached;
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    late.go();
    await one.rolledBack();
    one.assertAllOnFrom();
  });
});
