/** Jobs after the flip: the fence window does not close over them in silence, and a rollback brings them back or names them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { NOTIFY } from '../support/plans.ts';
import type { ScriptedService } from '../support/scripted-service.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const ASKS_CUTOVER = 'tell:Waiting for a decision in cutover';

void describe('the fence window', { concurrency: 4 }, () => {
  /** A switch whose fence window begins over what `script` puts in blue's queue. */
  const fenced = async (scenario: string, script: (service: ScriptedService) => void, then?: 'rollback') => {
    const one = await switches.start(scenario, {
      plan: {
        providers: { notify: NOTIFY },
        ...(then === undefined ? {} : { cutover: { deadline: { afterMs: 60_000, then } } }),
      },
    });
    const fence = one.service.stopAt('written:flip-1');
    await fence.reached;
    script(one.service);
    const asked = then === undefined ? one.service.stopAt(ASKS_CUTOVER) : null;
    fence.go();
    await asked?.reached;
    return { one, asked };
  };
  const LEFT = {
    'in flight': (service: ScriptedService) => (service.stuckJobs.blue = 3),
    delayed: (service: ScriptedService) => (service.delayedJobs.blue = 3),
  };

  for (const [where, script] of Object.entries(LEFT)) {
    void test(`asks over jobs that are ${where}; approve looks again and moves them (A2)`, async () => {
      const { one, asked } = await fenced(`left ${where}`, script);
      assert.match((await one.state()).wait?.what ?? '', new RegExp(`blue's queue holds .*3 ${where}`));
      assert.deepEqual(one.service.retired, []);
      one.service.jobs.blue = 3;
      one.service.stuckJobs.blue = 0;
      one.service.delayedJobs.blue = 0;
      await one.command('approve');
      asked?.go();
      assert.equal((await one.outcome()).kind, 'completed');
      const { moved, left } = await one.until('fence-closed');
      assert.deepEqual({ moved, left }, { moved: 3, left: { ready: 0, inFlight: 0, delayed: 0 } });
      assert.deepEqual(one.service.jobs, { blue: 0, green: 3 });
    });
  }

  void test('goes on over jobs by an override only, and names them (A2)', async () => {
    const { one, asked } = await fenced('left overridden', LEFT['in flight']);
    await one.command('override', { hold: true, reason: 'zombies' });
    asked?.go();
    const { left } = await one.until('fence-closed');
    assert.deepEqual(left, { ready: 0, inFlight: 3, delayed: 0 });
    one.service.stuckJobs.blue = 0;
    assert.equal((await one.outcome()).kind, 'completed');
    await one.until('note', (event) => /left behind by an override: .*3 in flight/.test(event.text));
  });

  void test('of a straggling producer ends in a question within minutes, not in a day (F16)', async () => {
    const { one, asked } = await fenced('straggler', (service) => (service.straggling.blue = 1));
    const { what, sinceMs } = (await one.state()).wait ?? { what: '', sinceMs: 0 };
    assert.match(what, /the fence window is over .*were moved/);
    assert.ok(sinceMs - (await one.until('flipped')).atMs < 5 * 60_000);
    one.service.straggling.blue = 0;
    await one.command('approve');
    asked?.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void test('whose target refuses says so in its words, and asks (F17)', async () => {
    const { one, asked } = await fenced('target refuses', (service) => {
      service.jobs.blue = 4;
      service.refusal = { why: 'jobs.green refuses jobs: access denied', isLastTry: false };
    });
    assert.match(
      (await one.state()).wait?.what ?? '',
      /4 ready.*\(jobs\.green refuses jobs: access denied\)/,
    );
    one.service.refusal = null;
    await one.command('approve');
    asked?.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.jobs, { blue: 0, green: 4 });
  });

  void test('that nobody answers for goes back with the jobs (A2)', async () => {
    const { one } = await fenced('left unanswered', LEFT['in flight'], 'rollback');
    assert.match((await one.rolledBack()).reason, /nobody answered in time: the fence window is over/);
    one.assertAllOnFrom();
  });
});

void describe('the way back of jobs', { concurrency: 4 }, () => {
  void test('names what stays in `to`’s queue, and why (A2, F17)', async () => {
    const one = await switches.start('refused on the way back', {
      script: (service) => (service.verdict = (step) => (step === 'audit' ? 'fail' : 'pass')),
    });
    const judging = one.service.stopAt('gate:audit');
    await judging.reached;
    one.service.jobs.green = 5;
    const before = one.service.moves;
    one.service.refusal = { why: 'jobs.blue refuses jobs: KMS key disabled', isLastTry: false };
    judging.go();
    await one.rolledBack();
    const { detail } = await one.until('rollback-step', (event) => event.undo === 'jobs');
    assert.match(
      detail,
      /0 jobs moved back to blue; green's queue still holds 5 ready, .*: jobs\.blue refuses jobs: KMS key/,
    );
    assert.ok(one.service.moves - before <= 4, `${one.service.moves - before} tries`);
  });

  void test('says that `to`’s queue is empty when it is (A2)', async () => {
    const one = await switches.start('all moved back', {
      script: (service) => (service.verdict = (step) => (step === 'audit' ? 'fail' : 'pass')),
    });
    const judging = one.service.stopAt('gate:audit');
    await judging.reached;
    one.service.jobs.green = 5;
    judging.go();
    await one.rolledBack();
    const { detail } = await one.until('rollback-step', (event) => event.undo === 'jobs');
    assert.equal(detail, "5 jobs moved back to blue; green's queue is empty");
    assert.deepEqual(one.service.jobs, { blue: 5, green: 0 });
  });

  void test('begins when the fence moves no more: what is on its way to `to` is brought back too (F3)', async () => {
    const one = await switches.start('rolled back in the fence');
    const flipping = one.service.stopAt('written:flip-1');
    await flipping.reached;
    one.service.jobs.blue = 3;
    const moving = one.service.stopAt('move:blue');
    flipping.go();
    await moving.reached;
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    const undone = async (): Promise<boolean> =>
      (await one.events()).some((event) => event.type === 'rollback-step' && event.undo === 'jobs');
    // Far longer than a queue must be quiet to be found empty.
    for (let waited = 0; waited < 8 && !(await undone()); waited += 1) await setTimeout(1000);
    const tooEarly = await undone();
    moving.go();
    await one.rolledBack();
    await setTimeout(300);
    assert.deepEqual(one.service.jobs, { blue: 3, green: 0 });
    assert.ok(!tooEarly, 'nothing is brought back while the fence still moves');
  });
});
