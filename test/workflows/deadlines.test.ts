/** Running switches, forwarded to just before a deadline and then past it: nothing happens early, and the default action then. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { peakAhead } from '../support/plans.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const HOUR = 3_600_000;

/** Forwards by steps of `byMs` until the switch waits for something of that kind. */
async function forwardTo(one: RunningSwitch, kind: string, byMs: number): Promise<number> {
  for (let step = 0; step < 40; step += 1) {
    const { wait } = await one.state();
    if (wait?.kind === kind && wait.deadlineMs !== null) return wait.deadlineMs;
    await one.forward(byMs);
  }
  throw new Error(`it never came to wait for ${kind}: ${(await one.state()).stage}`);
}

async function now(one: RunningSwitch): Promise<number> {
  return one.clock();
}

void describe('a deadline', { concurrency: 3 }, () => {
  void test('of an approval passes only when it passes; then its default action', async () => {
    const one = await switches.start('approval deadline', {
      skip: false,
      plan: {
        approvals: [
          { before: 'canary', approvers: [], count: 1, deadline: { afterMs: 8 * HOUR, then: 'rollback' } },
        ],
      },
    });
    const deadlineMs = await forwardTo(one, 'approval', 1000);
    await one.forward(deadlineMs - (await now(one)) - 60_000);
    const { wait, rollback } = await one.state();
    assert.equal(wait?.kind, 'approval');
    assert.equal(rollback, null);
    await one.forward(90_000);
    assert.match((await one.rolledBack()).reason, /nobody answered in time: approval of canary/);
    assert.deepEqual(one.service.writes, []);
  });

  void test('after which it asks again comes later each time, at most once a day: months of silence fit a history', async () => {
    const one = await switches.start('never answered', {
      skip: false,
      plan: {
        approvals: [
          { before: 'canary', approvers: [], count: 1, deadline: { afterMs: 8 * HOUR, then: 'pause' } },
        ],
        pause: { afterMs: 6 * HOUR, then: 'rollback' },
      },
    });
    await forwardTo(one, 'approval', 1000);
    await one.forward(6 * 24 * HOUR);
    const waits = (await one.events()).flatMap((event) => (event.type === 'waiting' ? [event.wait] : []));
    const hours = waits.map(({ sinceMs, deadlineMs }) => ((deadlineMs ?? 0) - sinceMs) / HOUR);
    assert.deepEqual(hours.slice(0, 7), [8, 6, 12, 24, 24, 24, 24]);
    await one.command('rollback', { reason: 'end of test' });
    await one.rolledBack();
  });

  void test('of an approval is met by an answer a minute before', async () => {
    const one = await switches.start('approval in time', {
      skip: false,
      plan: {
        approvals: [
          { before: 'canary', approvers: [], count: 1, deadline: { afterMs: 8 * HOUR, then: 'rollback' } },
        ],
      },
    });
    const deadlineMs = await forwardTo(one, 'approval', 1000);
    await one.forward(deadlineMs - (await now(one)) - 60_000);
    assert.equal(await one.command('approve'), 'canary is approved');
    await one.until('stage-entered', (event) => event.stage === 'canary');
    await one.command('rollback', { reason: 'end of test' });
    await one.rolledBack();
  });

  void test('of a pause: still paused just before, rolled back after', async () => {
    const one = await switches.start('pause deadline', {
      skip: false,
      plan: { pause: { afterMs: 24 * HOUR, then: 'rollback' } },
    });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    await one.command('pause');
    const deadlineMs = await forwardTo(one, 'paused', 1000);
    await one.forward(deadlineMs - (await now(one)) - 60_000);
    assert.equal((await one.state()).pause?.by, 'ana');
    await one.forward(90_000);
    assert.match((await one.rolledBack()).reason, /nobody answered in time: resume/);
    one.assertAllOnFrom();
  });

  void test('of the peak: no hold begins before the window does', async () => {
    const one = await switches.start('peak start', {
      skip: false,
      plan: {
        canary: { forMs: 2000 },
        ramp: [],
        audit: { forMs: 2000 },
        cutover: { fenceMs: 2000 },
        hold: { peak: peakAhead('America/New_York') },
      },
    });
    const startMs = await forwardTo(one, 'peak', 3000);
    await one.forward(startMs - (await now(one)) - 60_000);
    const before = await one.state();
    assert.equal(before.wait?.kind, 'peak');
    assert.equal(before.hold, null);
    await one.forward(90_000);
    const { atMs } = await one.until('hold-started', (event) => event.step === 'hold');
    assert.ok(atMs >= startMs && atMs < startMs + 60_000, `${atMs - startMs} ms after the start`);
    await one.command('rollback', { reason: 'end of test' });
    await one.rolledBack();
  });
});

void describe('a rollback that cannot be done at once', { concurrency: 3 }, () => {
  void test('asks first when a gate wants it and `from` is down; a person who repeats it is obeyed', async () => {
    const one = await switches.start('sick from asked', {
      skip: false,
      script: (service) => (service.verdict = (step) => (step === 'canary 1 %' ? 'fail' : 'pass')),
    });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    one.service.health = (healthy) => [{ ...healthy, ok: healthy.color !== 'blue' }];
    await one.forward(16 * 60_000);
    const { wait } = await one.until('waiting', (event) => event.wait.kind === 'sick-from');
    assert.match(wait.what, /blue is sick \(down: not healthy in any region\); repeat rollback/);
    assert.equal(one.service.edge?.weightPercent, 1, 'nobody was sent to a stack that is down');
    assert.equal(
      await one.command('rollback', { reason: 'green is worse' }),
      'going back to blue all the same',
    );
    await one.rolledBack();
    one.assertAllOnFrom();
  });

  void test('goes back by itself once `from` is well again, and not before (F18)', async () => {
    const one = await switches.start('sick from mends', {
      skip: false,
      script: (service) => {
        service.verdict = (step) => (step === 'canary 1 %' ? 'fail' : 'pass');
      },
    });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    one.service.failAt('health:blue', 'retry');
    await one.forward(16 * 60_000);
    await one.until('waiting', (event) => event.wait.kind === 'sick-from');
    for (let look = 0; look < 4; look += 1) await one.forward(15 * 60_000);
    assert.equal(one.service.edge?.weightPercent, 1, 'silence sends nobody to a color that is down');
    one.service.mend('health:blue');
    await one.forward(20 * 60_000);
    await one.rolledBack();
    one.assertAllOnFrom();
  });

  void test('does not ask when a person wants it', async () => {
    const one = await switches.start('sick from ordered');
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    one.service.health = () => [];
    await one.command('rollback', { reason: 'I know' });
    await one.until('rollback-restored');
    one.assertAllOnFrom();
    held.go();
    await one.rolledBack();
    assert.ok((await one.events()).every((event) => event.type !== 'waiting'));
  });

  void test('says after two minutes that it is stuck, goes on trying, and ends when the edge is mended', async () => {
    const one = await switches.start('edge down', { skip: false });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    one.service.failAt('edge.read', 'human');
    await one.command('rollback', { reason: 'drill' });
    await assert.rejects(one.command('rollback', { by: 'ben' }), /a rollback has been under way since/);
    await assert.rejects(
      one.command('pause'),
      /a rollback has been under way since .*; only its end can follow/,
    );
    await one.forward(110_000);
    assert.equal((await one.state()).rollback?.stuck, null);
    await one.forward(20_000);
    const { undo } = await one.until('rollback-stuck');
    assert.equal(undo, 'traffic');
    await one.forward(30 * 60_000);
    assert.equal((await one.state()).rollback?.stuck, 'traffic');
    one.service.mend('edge.read');
    await one.rolledBack();
    one.assertAllOnFrom();
    assert.equal((await one.state()).rollback?.stuck, null);
  });

  void test('goes on past a step that is stuck, and no longer says stuck when the step is done', async () => {
    const one = await switches.start('jobs stuck', {
      skip: false,
      plan: { ramp: [], canary: { forMs: 2000 } },
    });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    await one.forward(4000);
    await one.until('transaction-opened');
    one.service.failAt('move', 'fatal');
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    one.assertAllOnFrom();
    await one.forward(16 * 60_000);
    assert.equal((await one.until('rollback-stuck')).undo, 'jobs');
    one.service.mend('move');
    await one.until('rollback-step', (event) => event.undo === 'jobs');
    assert.equal((await one.state()).rollback?.stuck, null);
    await one.forward(60_000);
    await one.rolledBack();
  });
});
