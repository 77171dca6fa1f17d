/** The fence before tables: up between the drained queue and the flip, down before users write again, whatever happens in between. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PlanChange } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

const FENCED: PlanChange = { providers: { fence: { use: 'scripted' } } };

void describe('the fence of tables', { concurrency: 3 }, () => {
  void test('stands from the drained queue until just before the flip', async () => {
    const one = await switches.start('fenced', { plan: FENCED });
    const stop = one.service.stopAt('fence');
    await stop.reached;
    assert.equal(one.service.edge?.freezeUntilMs === null, false, 'users are frozen');
    await one.until('drained');
    stop.go();
    const flip = one.service.stopAt('edge:flip-1');
    await flip.reached;
    assert.deepEqual(one.service.fenced, ['frozen', 'thawed']);
    assert.equal(one.service.edge?.freezeUntilMs === null, false, 'users are frozen still');
    flip.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.fenced, ['frozen', 'thawed']);
  });

  void test('that cannot be put up unwinds the freeze, and is taken down all the same', async () => {
    const one = await switches.start('unfenced', {
      plan: FENCED,
      script: (service) => service.failAt('fence', 'fatal', 1),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.match(
      (await one.until('unwound')).reason,
      /^tables could not be fenced: .*fence fails as scripted/,
    );
    assert.deepEqual(one.service.fenced, ['thawed', 'frozen', 'thawed']);
  });

  void test('is taken down by a rollback, after users are back and before jobs are moved', async () => {
    const one = await switches.start('fenced and rolled back', {
      plan: FENCED,
      script: (service) => service.failAt('unfence', 'retry'),
    });
    while (!one.service.fenced.includes('frozen')) await new Promise((resolve) => setTimeout(resolve, 50));
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    one.service.mend('unfence');
    assert.equal((await one.outcome()).kind, 'rolled-back');
    assert.deepEqual(one.service.fenced, ['frozen', 'thawed']);
    const undone = (await one.events()).flatMap((event) =>
      event.type === 'rollback-step' ? [event.undo] : [],
    );
    assert.deepEqual(undone.slice(0, 3), ['traffic', 'fence', 'jobs']);
  });

  void test('is taken down by a rollback before steps are undone, which may take for ever', async () => {
    const scripted = { use: 'scripted' };
    const up = { at: 'frozen', name: 'up', do: scripted, undo: scripted } as const;
    const one = await switches.start('fenced step rolled back', {
      plan: {
        ...FENCED,
        cutover: { freezeMs: 300_000 },
        steps: [{ ...up, undoUntil: 'end', reason: null, withinMs: 30_000 }],
      },
    });
    const held = one.service.stopAt('done-step:up');
    await held.reached;
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    held.go();
    assert.equal((await one.outcome()).kind, 'rolled-back');
    const undone = (await one.events()).flatMap((event) => {
      if (event.type === 'rollback-step') return [event.undo];
      return event.type === 'step' && event.how === 'undone' ? [`step ${event.step}`] : [];
    });
    assert.deepEqual(undone.slice(0, 4), ['traffic', 'fence', 'step up', 'jobs']);
  });
});
