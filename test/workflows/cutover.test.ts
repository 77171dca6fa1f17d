/** The cutover transaction: drained is proved or the freeze is unwound; a write is applied once, and never over a stranger's. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventSaid } from '../../src/board/words.ts';
import type { SwitchEvent } from '../../src/domain/event.ts';
import { ABSENT } from '../support/absent.ts';
import { NOTIFY } from '../support/plans.ts';
import type { ScriptedService } from '../support/scripted-service.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

const ASKS_CUTOVER = 'tell:Waiting for a decision in cutover';
const ofType = (events: readonly SwitchEvent[], type: SwitchEvent['type']): number =>
  events.filter((event) => event.type === type).length;
const stuck = (service: ScriptedService): void => {
  service.stuckJobs.blue = 1;
};

void describe('the cutover transaction', { concurrency: 4 }, () => {
  void test('freezes, proves the queue drained, flips once, and moves what still arrives in the fence window', async () => {
    const one = await switches.start('drained');
    const fence = one.service.stopAt('written:flip-1');
    await fence.reached;
    one.service.jobs.blue = 7;
    fence.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const frozen = one.service.writes.find((config) => config.freezeUntilMs !== null);
    assert.equal(frozen?.weightPercent, 50);
    const flips = one.service.writes.filter((config) => config.weightPercent === 100);
    assert.equal(flips.length, 1);
    assert.equal(flips[0]?.freezeUntilMs, null);
    const { moved } = await one.until('fence-closed');
    assert.equal(moved, 7);
    assert.deepEqual(one.service.jobs, { blue: 0, green: 7 });
    const { quietMs } = await one.until('drained');
    assert.equal(quietMs, 2000);
    assert.ok(((await one.until('flipped')).frozenMs ?? 0) >= 2000);
  });

  void test('thaws when the queue cannot be proved drained, waits, and tries again', async () => {
    const one = await switches.start('drained later', { script: stuck });
    const thaw = one.service.stopAt('edge:thaw-1');
    await thaw.reached;
    one.service.stuckJobs.blue = 0;
    thaw.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const { reason } = await one.until('unwound');
    assert.match(reason, /not drained in time: 0 ready, 1 in flight, 0 delayed in jobs.blue/);
    const { wait } = await one.until('waiting');
    assert.equal(wait.kind, 'backoff');
    assert.equal((wait.deadlineMs ?? 0) - wait.sinceMs, 120_000);
    const frozenFor = one.service.writes.map((config) => config.freezeUntilMs !== null);
    assert.deepEqual(frozenFor, [false, false, false, true, false, true, false]);
    const weights = one.service.writes.map((config) => config.weightPercent);
    assert.deepEqual(weights, [1, 10, 50, 50, 50, 50, 100]);
  });

  void test('asks after its attempts; approve tries again and flips', async () => {
    const one = await switches.start('asked then drained', {
      plan: { providers: { notify: NOTIFY } },
      script: stuck,
    });
    const asked = one.service.stopAt(ASKS_CUTOVER);
    await asked.reached;
    const state = await one.state();
    assert.match(state.wait?.what ?? '', /2 attempts\)\. Approve to try again, override to flip/);
    assert.equal(state.inTransaction, false);
    assert.equal(one.service.edge?.freezeUntilMs, null);
    one.service.stuckJobs.blue = 0;
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(ofType(await one.events(), 'unwound'), 2);
  });

  void test('flips without the proof when that is overridden, and at once: nobody stays frozen for it', async () => {
    const one = await switches.start('flip overridden', {
      plan: { providers: { notify: NOTIFY }, cutover: { quietMs: 75_000, freezeMs: 150_000 } },
      script: stuck,
    });
    const asked = one.service.stopAt(ASKS_CUTOVER);
    await asked.reached;
    await one.command('override', { hold: true, reason: 'the job is a zombie' });
    const flipped = one.service.stopAt('written:flip-3');
    asked.go();
    await flipped.reached;
    one.service.stuckJobs.blue = 0;
    flipped.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(ofType(await one.events(), 'drained'), 0, 'nothing was proved');
    await one.until('note', (event) =>
      /without the proof of a drained queue: .*1 in flight/.test(event.text),
    );
    const { frozenMs } = await one.until('flipped');
    assert.ok(frozenMs !== null && frozenMs < 10_000, `${frozenMs} ms`);
  });

  void test('says nothing of a drained queue where there is none (A5)', async () => {
    const one = await switches.start('no queue', {
      plan: { providers: { queue: null } },
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(ofType(await one.events(), 'drained'), 0);
    await one.until('note', (event) => event.text === 'the plan has no queue: nothing to drain');
    assert.equal((await one.until('fence-closed')).left, null);
    assert.ok(!(await one.state()).undo.includes('jobs'));
  });

  void test('is one write where there are neither jobs nor writes: nothing is frozen, drained or fenced (A5)', async () => {
    const plan = { writes: 'none', providers: { queue: null, cache: null } } as const;
    const one = await switches.start('reading only', { plan });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal((await one.until('flipped')).frozenMs, null);
    for (const type of ['transaction-opened', 'drained', 'fence-closed'] as const)
      assert.equal(ofType(await one.events(), type), 0, type);
    assert.deepEqual(
      one.service.writes.filter(({ freezeUntilMs }) => freezeUntilMs !== null),
      [],
    );
    const said = (await one.events()).map((event) => eventSaid(event)[2]).join('\n');
    assert.doesNotMatch(said, ABSENT);
  });

  void test('that is one write is taken back like any other (A5)', async () => {
    const one = await switches.start('reading only back', {
      plan: { writes: 'none', providers: { queue: null, cache: null } },
      script: (service) => (service.verdict = (step) => (step === 'audit' ? 'fail' : 'pass')),
    });
    assert.deepEqual((await one.rolledBack()).left, []);
    one.assertAllOnFrom();
  });

  void test('rolls back when nobody answers by the deadline', async () => {
    const one = await switches.start('undrained unanswered', { script: stuck });
    // Its consumer finishes the job under the done-ledger, or rollback would wait for it.
    const back = one.service.stopAt('edge:rollback-if-well/8');
    await back.reached;
    one.service.stuckJobs.blue = 0;
    back.go();
    assert.match((await one.rolledBack()).reason, /nobody answered in time: not drained/);
    one.assertAllOnFrom();
  });

  void test('unwinds when the freeze ran out before the flip', async () => {
    const one = await switches.start('lease expired', {
      // Its quiet time ends so late that less than a second of the lease is left.
      plan: {
        cutover: {
          quietMs: 31_900,
          freezeMs: 30_000,
          attempts: 1,
          deadline: { afterMs: 60_000, then: 'rollback' },
        },
      },
    });
    assert.match((await one.rolledBack()).reason, /nobody answered in time/);
    one.assertAllOnFrom();
    assert.ok(one.service.writes.every((config) => config.weightPercent < 100));
  });

  void test('does not begin the flip with a lease that is nearly over', async () => {
    const one = await switches.start('lease short');
    const flip = one.service.stopAt('written:freeze-1');
    await flip.reached;
    const frozen = one.service.edge;
    assert.ok(frozen !== null);
    // As if the clock of the store were far behind: the lease it keeps ends before the flip.
    one.service.writes.splice(-1, 1, { ...frozen, freezeUntilMs: (frozen.freezeUntilMs ?? 0) - 31_500 });
    flip.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal((await one.until('unwound')).reason, 'the freeze ran out before the flip');
    assert.equal(ofType(await one.events(), 'flipped'), 1);
  });
});

void describe('an edge write', { concurrency: 4 }, () => {
  void test('whose reply is lost is applied once', async () => {
    const one = await switches.start('lost reply', {
      script: (service) => {
        for (const step of ['canary', 'ramp-10', 'flip-1']) service.failAt(`reply:${step}`, 'retry', 1);
      },
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(
      one.service.writes.map((config) => config.weightPercent),
      [1, 10, 50, 50, 100],
    );
  });

  void test('that is throttled is tried again and applied once', async () => {
    const one = await switches.start('throttled', {
      script: (service) => service.failAt('edge:ramp-10', 'retry', 3),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(one.service.writes.length, 5);
  });

  void test('never overwrites a stranger without asking, even one who kept our salt', async () => {
    const one = await switches.start('stranger', { plan: { providers: { notify: NOTIFY } } });
    const before = one.service.stopAt('gate:ramp 10 %');
    await before.reached;
    one.service.strangerWrites({ weightPercent: 3 });
    before.go();
    const asked = one.service.stopAt('tell:Waiting for a decision in ramp');
    await asked.reached;
    const { wait, actualPercent, generation } = await one.state();
    assert.match(wait?.what ?? '', /somebody else \(a stranger\) wrote the edge config/);
    assert.equal(one.service.edge?.weightPercent, 3);
    // However long the answer takes, the status says what stands.
    assert.deepEqual(
      { actualPercent, generation },
      { actualPercent: 3, generation: one.service.edge?.generation },
    );
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void test('of a stranger that nobody explains ends in a rollback over it', async () => {
    const one = await switches.start('stranger unanswered');
    const before = one.service.stopAt('gate:canary 1 %');
    await before.reached;
    one.service.strangerWrites({ weightPercent: 80, producer: 'green' });
    before.go();
    assert.match((await one.rolledBack()).reason, /nobody answered in time: somebody else/);
    one.assertAllOnFrom();
  });

  void test('of a stranger that a person agreed to write over is undone with what it did to the producers', async () => {
    const one = await switches.start('stranger agreed', { plan: { providers: { notify: NOTIFY } } });
    const before = one.service.stopAt('gate:ramp 10 %');
    await before.reached;
    one.service.strangerWrites({ weightPercent: 3, producer: 'green' });
    one.service.jobs.green = 4;
    before.go();
    const asked = one.service.stopAt('tell:Waiting for a decision in ramp');
    await asked.reached;
    await one.command('approve');
    const after = one.service.stopAt('gate:ramp 50 %');
    asked.go();
    await after.reached;
    await one.command('rollback', { reason: 'drill' });
    after.go();
    await one.rolledBack();
    one.assertAllOnFrom();
    assert.equal(one.service.jobs.green, 0, 'jobs that producers sent to green meanwhile');
  });

  void test('that regions do not take over in time ends in a rollback', async () => {
    const one = await switches.start('does not propagate', {
      script: (service) => (service.isPropagating = false),
    });
    assert.match(
      (await one.rolledBack()).reason,
      /the edge did not take over canary in time: eu-west: generation 0/,
    );
    one.assertAllOnFrom();
  });

  void test('that is refused for good (a wrong token) ends in a rollback that goes on trying', async () => {
    const one = await switches.start('token expired');
    const before = one.service.stopAt('gate:ramp 10 %');
    await before.reached;
    one.service.failAt('edge.read', 'human');
    before.go();
    await one.until('rollback-started');
    await one.until('rollback-stuck');
    one.service.mend('edge.read');
    assert.match((await one.rolledBack()).reason, /edge.read fails as scripted/);
    one.assertAllOnFrom();
  });
});
