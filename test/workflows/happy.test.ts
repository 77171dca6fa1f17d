/** A whole switch on the real server: every stage in playbook order, and what stands at its end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readLook, withAnswers } from '../../src/evidence/index.ts';
import { ALL_STAGES } from '../support/running-switch.ts';
import { NOTIFY, scriptedPlan } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

void describe('a whole switch', { concurrency: 4 }, () => {
  void test('passes every stage in playbook order and leaves everything on `to`', async () => {
    const one = await switches.start('completes', { plan: { approvals: [] } });
    const outcome = await one.outcome();
    assert.equal(outcome.kind, 'completed');
    assert.deepEqual(await one.stagesPassed(), ALL_STAGES);
    const { service } = one;
    assert.deepEqual(
      service.writes.map((config) => config.weightPercent),
      [1, 10, 50, 50, 100],
    );
    assert.equal(service.edge?.producer, 'green');
    assert.deepEqual(service.edge?.writes, { blue: 'read-only', green: 'open' });
    assert.equal(service.edge?.freezeUntilMs, null);
    assert.deepEqual(service.retired, ['blue']);
    assert.ok(service.published.has('evidence-pack.json'));

    // What was answered lies beside what is judged, and is found again (E6).
    const shadow = await one.until('looked', ({ step }) => step === 'shadow');
    const store = { get: (digest: string) => Promise.resolve(service.evidence.get(digest)) };
    const { input } = await readLook(store, shadow.evidence);
    assert.ok((input.probes?.runs.length ?? 0) > 0);
    assert.ok(input.probes?.runs.every((run) => !('answer' in run)));
    const { probes } = await withAnswers(store, input);
    assert.deepEqual(
      probes?.runs.map(({ answer }) => answer),
      probes?.runs.map(({ round }) => `said ${round}`),
    );
    const lost = await withAnswers({ get: () => Promise.reject(new Error('gone')) }, input);
    assert.deepEqual(lost, input);
  });

  void test('moves cohorts until the flip takes everybody, and judges by no weight until then', async () => {
    const [step] = (await scriptedPlan('x')).ramp;
    assert.ok(step !== undefined);
    const ramp = [{ ...step, weightPercent: 50, cohorts: ['staff', 'beta'] }];
    const plan = { topology: 'header', canary: { cohorts: ['staff'] }, ramp, approvals: [] } as const;
    const one = await switches.start('cohorts', { plan });
    assert.equal((await one.outcome()).kind, 'completed');
    const { service } = one;
    const moved = service.writes.map(({ weightPercent, cohorts }) => [weightPercent, cohorts.join()]);
    assert.deepEqual(moved, [
      [1, 'staff'],
      [50, 'staff,beta'],
      [50, 'staff,beta'],
      [100, ''],
    ]);
    assert.ok(service.writes.every(({ topology }) => topology === 'header'));
    const passed = (await one.events()).flatMap((event) =>
      event.type === 'stage-passed' ? [event.note] : [],
    );
    assert.ok(passed.includes('cohorts staff on green'), passed.join('; '));
    assert.ok(passed.includes('cohorts staff, beta on green'), passed.join('; '));
    const store = { get: (digest: string) => Promise.resolve(service.evidence.get(digest)) };
    const weightIn = async (name: string): Promise<number | undefined> => {
      const { evidence } = await one.until('looked', (event) => event.step === name);
      return (await readLook(store, evidence)).input.weightPercent;
    };
    assert.deepEqual(
      [await weightIn('canary 1 %'), await weightIn('ramp 50 %'), await weightIn('hold')],
      [undefined, undefined, 100],
    );
  });

  void test('never writes with another salt than its own, nor past the generation it read', async () => {
    const one = await switches.start('one salt', {
      script: (service) => service.strangerWrites({ weightPercent: 0, salt: 'before' }),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const [, ...ours] = one.service.writes;
    assert.equal(new Set(ours.map((config) => config.salt)).size, 1);
    assert.deepEqual(
      one.service.writes.map((config) => config.generation),
      one.service.writes.map((_, index) => index + 1),
    );
  });

  void test('goes back the other way: green is `from`, blue is `to`', async () => {
    const one = await switches.start('other way', {
      plan: { from: 'green', to: 'blue' },
      script: (service) =>
        service.strangerWrites({ weightPercent: 100, writes: { blue: 'read-only', green: 'open' } }),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const { edge } = one.service;
    assert.deepEqual(
      [edge?.from, edge?.to, edge?.weightPercent, edge?.producer],
      ['green', 'blue', 100, 'blue'],
    );
    assert.deepEqual(one.service.retired, ['green']);
  });

  void test('does without queue, cache and warmup when the plan names none', async () => {
    const one = await switches.start('bare', {
      plan: { providers: { queue: null, cache: null, warmup: null, notify: NOTIFY } },
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.primed, []);
  });

  void test('leaves `from` as it is when the plan retires nothing', async () => {
    const one = await switches.start('kept', { plan: { decommission: { retire: false } } });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.retired, []);
  });
});
