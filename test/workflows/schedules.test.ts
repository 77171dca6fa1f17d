/** Scheduled work of the colors: it follows flip and rollback, and where it does not, somebody is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Color } from '../../src/domain/color.ts';
import type { HealthContract } from '../../src/domain/health.ts';
import { NOTIFY, type PlanChange } from '../support/plans.ts';
import type { ScriptedService } from '../support/scripted-service.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const ASKS = 'tell:Waiting for a decision in';
const WITH_NOTIFIER = { providers: { notify: NOTIFY } } as unknown as PlanChange;

void describe('scheduled work', { concurrency: 4 }, () => {
  /** As cron jobs of a service that reads the edge config, but of those colors that do not. */
  const scheduled =
    (service: ScriptedService, deaf: readonly Color[]) =>
    (healthy: HealthContract): HealthContract[] => {
      const isOn = (service.edge?.producer ?? 'blue') === healthy.color || deaf.includes(healthy.color);
      return [{ ...healthy, schedules: [{ name: 'nightly', state: isOn ? 'on' : 'off' }] }];
    };

  void it('scheduled work follows flip and rollback: nothing is said', async () => {
    const one = await switches.start('schedules obey', {
      script: (service) => {
        service.health = scheduled(service, []);
        service.verdict = (step) => (step === 'hold' ? 'fail' : 'pass');
      },
      plan: { hold: { onRed: 'rollback' } },
    });
    assert.deepEqual((await one.rolledBack()).left, []);
    const said = (await one.events()).flatMap((event) => (event.type === 'note' ? [event.text] : []));
    assert.ok(said.every((text) => !text.includes('scheduled')));
  });

  void it('scheduled work that does not end with the flip: the next hold asks, and a rollback says what is left', async () => {
    const one = await switches.start('schedules on both', {
      plan: WITH_NOTIFIER,
      script: (service) => {
        service.health = (healthy) => {
          const hasFlipped = service.writes.some(({ producer }) => producer === 'green');
          return scheduled(service, hasFlipped ? ['blue', 'green'] : [])(healthy);
        };
      },
    });
    const asked = one.service.stopAt(`${ASKS} caches`);
    await asked.reached;
    const { wait } = await one.state();
    assert.match(
      wait?.what ?? '',
      /caches is inconclusive: scheduled work of green runs elsewhere: nightly on both colors/,
    );
    await one.command('rollback', { reason: 'two of them' });
    asked.go();
    const { left } = await one.rolledBack();
    assert.deepEqual(left, ['scheduled work of blue runs elsewhere: nightly on both colors']);
  });

  void it('scheduled work on both colors that the plan accepts: nobody asks', async () => {
    const one = await switches.start('schedules accepted', {
      plan: { preflight: { accept: { schedulers: 'it locks a row' } } },
      script: (service) => (service.health = scheduled(service, ['blue', 'green'])),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual((await one.state()).concerns, []);
  });
});
