/** Conversations across the flip: begun on `from` while it takes writes, continued on `to` at once and again in the audit. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUILT_IN_GATES } from '../../src/domain/gate.ts';
import { scriptedPlan, type PlanChange } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

const { probes } = await scriptedPlan('x');
const { request } = probes;
const WITH_DIALOGS = {
  gates: { off: BUILT_IN_GATES.filter((gate) => gate !== 'dialogs') },
  probes: {
    dialogs: {
      first: request,
      second: request,
      id: null,
      remembered: { at: '$.answer', says: 'x' },
      count: 5,
    },
  },
} as unknown as PlanChange;

void describe('dialogs', { concurrency: 4 }, () => {
  void it('that both colors know: the audit continues what the last hold before the flip left open', async () => {
    const one = await switches.start('dialogs shared', { plan: WITH_DIALOGS });
    assert.equal((await one.outcome()).kind, 'completed');
    const looks = (await one.events()).flatMap((event) => (event.type === 'looked' ? [event] : []));
    const asking = looks.filter(({ gates }) => gates.some(({ gate }) => gate === 'dialogs'));
    assert.deepEqual(
      asking.map(({ step }) => step),
      ['shadow', 'ramp 10 %', 'ramp 50 %', 'audit'],
    );
    assert.ok(asking.every(({ gates }) => gates.every(({ verdict }) => verdict === 'pass')));
    const input = one.service.evidence.get(asking.at(-1)?.evidence ?? '') as { input: string };
    const { dialogs } = one.service.evidence.get(input.input) as {
      dialogs: readonly { id: string; begun: string; continued: string }[];
    };
    // Three times five are begun in each of three holds, the last five of each are left open.
    assert.deepEqual(
      [
        ...new Set(
          dialogs.map(({ id, begun, continued }) => `${id.replace(/\..*/, '')} ${begun} ${continued}`),
        ),
      ],
      ['dialog-9 blue green', 'dialog-10 green green'],
    );
  });

  void it('that `to` does not know: nobody is moved', async () => {
    const one = await switches.start('dialogs apart', {
      plan: WITH_DIALOGS,
      script: (service) => (service.sharesDialogs = () => false),
    });
    const { gate, remedy } = await one.rolledBack();
    assert.equal(gate, 'dialogs');
    assert.match(remedy, /a store that both colors share/);
    assert.equal((await one.state()).stage, 'shadow');
  });

  void it('that the flip loses: the audit sends everybody back', async () => {
    const one = await switches.start('dialogs lost at the flip', {
      plan: WITH_DIALOGS,
      script: (service) => (service.sharesDialogs = () => service.edge?.producer !== 'green'),
    });
    assert.equal((await one.rolledBack()).gate, 'dialogs');
    one.assertAllOnFrom();
  });
});
