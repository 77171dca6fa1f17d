/** What bounds the user's own steps: the end of the freeze, a rollback that came meanwhile, the room of a question, and what users may have seen. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProviderError } from '../../src/domain/errors.ts';
import type { OwnStep } from '../../src/domain/plan.ts';
import { NOTIFY } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

const scripted = { use: 'scripted' };

function own(at: OwnStep['at'], withinMs = 30_000): OwnStep {
  return { at, name: 'up', do: scripted, undo: scripted, undoUntil: 'end', reason: null, withinMs };
}

void describe('a step of one’s own', { concurrency: 3 }, () => {
  void test('has no more time than is left of the freeze: after it users write again', async () => {
    const one = await switches.start('step in a short freeze', {
      plan: {
        cutover: { freezeMs: 40_000 },
        providers: { queue: null },
        steps: [own('frozen', 60_000)],
      },
    });
    await one.outcome();
    const { events } = await one.handle.fetchHistory();
    const times = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === 'performStep'
        ? [Number(scheduled.scheduleToCloseTimeout?.seconds), Number(scheduled.startToCloseTimeout?.seconds)]
        : [],
    );
    assert.equal(times.length, 2);
    assert.ok(
      times.every((seconds) => seconds <= 40),
      String(times),
    );
  });

  void test('that fails with many words still asks with what can be answered', async () => {
    const one = await switches.start('step with many words', {
      plan: { steps: [own('before-canary')], providers: { notify: NOTIFY } },
      script: (service) => {
        const pass = service.pass.bind(service);
        service.pass = async (point) => {
          if (point === 'step:up') throw new ProviderError('fatal', 'receiver', 'x'.repeat(5000));
          await pass(point);
        };
      },
    });
    const asked = one.service.stopAt('tell:Waiting for a decision in canary');
    await asked.reached;
    const { wait } = await one.state();
    assert.match(wait?.what ?? '', /^step up failed: receiver: x+….*override to go on without it$/);
    await one.command('rollback', { reason: 'drill' });
    asked.go();
    await one.rolledBack();
  });

  void test('that fails when a rollback is under way asks nobody: what that asks would be hidden', async () => {
    const one = await switches.start('step fails in a rollback', { plan: { steps: [own('after-flip')] } });
    const held = one.service.stopAt('step:up');
    await held.reached;
    one.service.failAt('step:up', 'fatal');
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    held.go();
    await one.rolledBack();
    const events = await one.events();
    const started = events.findIndex(({ type }) => type === 'rollback-started');
    const after = events.slice(started);
    assert.ok(after.some((event) => event.type === 'step' && event.how === 'failed'));
    assert.deepEqual(
      after.filter(({ type }) => type === 'waiting'),
      [],
    );
  });

  void test('that is undone until the flip is kept when somebody wrote over a flip: users may have seen that', async () => {
    const one = await switches.start('step and a flip written over', {
      plan: {
        cutover: { freezeMs: 300_000 },
        steps: [{ ...own('frozen'), undoUntil: 'flip', reason: 'green writes the new column' }],
      },
    });
    const flipped = one.service.stopAt('written:flip-1');
    await flipped.reached;
    one.service.strangerWrites({ weightPercent: 50 });
    flipped.go();
    assert.match(
      (await one.until('waiting')).wait.what,
      /somebody else \(a stranger\) wrote the edge config/,
    );
    await one.command('approve');
    assert.equal((await one.until('unwound')).reason, 'the freeze ran out before the flip');
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(
      one.service.stepEffects.map((effect) => effect.replace(/[^ /]+\//, '')),
      ['step/up/1'],
    );
  });
});
