/** Continuing as new: whatever is decided, waited for or away in that very moment is neither lost nor made worse by it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { admittedUpdate } from '../../src/workflows/messages.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const HOUR = 3_600_000;
const CANARY = 'canary 1 %';

/** So many signals that a run takes no more of them. */
async function storm(one: RunningSwitch, input: (index: number) => object, name = 'resume'): Promise<void> {
  for (let batch = 0; batch < 21; batch += 1) {
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        one.signal(name, { by: 'eve', ...input(batch * 100 + index) }),
      ),
    );
  }
}

const renewed = (one: RunningSwitch): Promise<unknown> =>
  one.until('note', (event) => /continued as new/.test(event.text));

void describe('a run that has grown too long', { concurrency: 1 }, () => {
  void test('rolls back at once though the evidence store is away; nobody is sent back for that alone (F7)', async () => {
    const one = await switches.start('renewed without a store', { skip: false });
    await one.until('hold-started', (event) => event.step === CANARY);
    one.service.failAt('evidence', 'retry');
    await storm(one, () => ({}));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.equal((await one.state()).rollback, null);
    const askedMs = Date.now();
    await one.send('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    assert.ok(Date.now() - askedMs < 10_000, `${Date.now() - askedMs} ms`);
    one.service.mend('evidence');
    await one.rolledBack();
    one.assertAllOnFrom();
  });

  void test('in preflight carries commands in bounds, and answers whoever waits for its admission (F8, F9)', async () => {
    const one = await switches.start('renewed in preflight', { skip: false });
    const looking = one.service.stopAt('health:blue');
    await looking.reached;
    const admission = one.handle.executeUpdate(admittedUpdate);
    const reason = '🦆'.repeat(300);
    await storm(one, (index) => ({ gate: 'latency', reason, commandId: `o${index}` }), 'override');
    looking.go();
    assert.equal((await admission).admitted, true);
    await renewed(one);
    assert.ok(JSON.stringify(await one.state()).length < 300_000);
    await one.until('hold-started', (event) => event.step === CANARY);
    await one.command('rollback', { reason: 'drill' });
    await one.rolledBack();
  });

  void test('gives a question that comes again after new evidence its whole time (A8)', async () => {
    const one = await switches.start('renewed in a question', {
      skip: false,
      plan: { ramp: [] },
      script: (service) => (service.verdict = (step) => (step === CANARY ? 'inconclusive' : 'pass')),
    });
    await one.until('hold-started', (event) => event.step === CANARY);
    await one.forward(16 * 60_000);
    const { wait } = await one.until('waiting', (event) => event.wait.kind === 'question');
    const wholeMs = (wait.deadlineMs ?? 0) - wait.sinceMs;
    await one.forward(wholeMs - 10 * 60_000);
    await storm(one, () => ({}));
    await renewed(one);
    await one.until('hold-started', (event) => event.step === CANARY && event.atMs > wait.sinceMs + HOUR);
    await one.forward(16 * 60_000);
    const again = await one.until(
      'waiting',
      (event) => event.wait.kind === 'question' && event.wait.sinceMs > wait.sinceMs + HOUR,
    );
    const leftMs = (again.wait.deadlineMs ?? 0) - again.wait.sinceMs;
    assert.ok(leftMs > wholeMs - 60_000, `${leftMs} of ${wholeMs} ms`);
    await one.command('rollback', { reason: 'drill' });
    await one.rolledBack();
  });
});
