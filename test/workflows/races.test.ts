/**
 * Commands that meet in one workflow task. No worker runs while they are sent, so the task that takes them holds both: whichever
 * came first, one of the two wins, and after a rollback nothing of the way forward begins.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CommandName } from '../../src/domain/command.ts';
import { STAGES, type Stage } from '../../src/domain/stage.ts';
import type { PlanChange } from '../support/plans.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const HOUR = 3_600_000;

type Sent = readonly [name: CommandName | 'cancel', input?: object];

const ROLLBACK: Sent = ['rollback', { by: 'ana', reason: 'drill' }];
const CANCEL: Sent = ['cancel'];

/** Everything that lets a switch go on, or ends what it waits for. */
const FORWARD: readonly Sent[] = [
  ['approve', { by: 'ben' }],
  ['approve', { by: 'ben', stage: 'decommission' }],
  ['override', { by: 'ben', hold: true, reason: 'race' }],
  ['override', { by: 'ben', gate: 'custom:script', reason: 'race' }],
  ['pause', { by: 'ben' }],
  ['resume', { by: 'ben' }],
  ['tune', { by: 'ben', change: { fenceMs: 90_000 } }],
];

/** Before each stage that can wait for an approval. */
const PLACES = STAGES.filter((stage) => stage !== 'preflight');

const asked = (before: Stage): PlanChange => ({
  approvals: [{ before, count: 1, approvers: [], deadline: { afterMs: 72 * HOUR, then: 'pause' } }],
});

/** Every pair at the one boundary that cannot be undone; elsewhere everything at once, the way back first or last. */
function storms(before: Stage, back: Sent): (readonly Sent[])[] {
  if (before !== 'decommission') {
    return [
      [...FORWARD, back],
      [back, ...FORWARD],
    ];
  }
  return FORWARD.flatMap((forward) => [
    [forward, back],
    [back, forward],
  ]);
}

async function send(one: RunningSwitch, [name, input]: Sent): Promise<void> {
  if (name === 'cancel') await one.handle.cancel();
  else await one.signal(name, input);
}

/** Moves the clock, with a worker, until the switch waits. */
async function come(one: RunningSwitch): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    const { wait } = await one.state();
    if (wait?.kind === 'approval') return;
    await one.forward(10 * 60_000);
  }
  throw new Error(`it never came to wait: ${(await one.state()).stage}`);
}

void describe('a rollback and a command of the way forward in one workflow task (F1)', () => {
  for (const back of [ROLLBACK, CANCEL]) {
    void test(`${back[0]} wins over every command, in every order, before every stage`, async () => {
      const queue = `race-${back[0]}-${process.pid}`;
      const first = await switches.worker(queue);
      const races = PLACES.flatMap((before) => storms(before, back).map((storm) => ({ before, storm })));
      const racing = await Promise.all(
        races.map(async ({ before, storm }, index) => {
          const one = await switches.start(`race ${back[0]} ${index} before ${before}`, {
            plan: asked(before),
            skip: false,
            taskQueue: queue,
          });
          await come(one);
          return { one, said: `before ${before}: ${JSON.stringify(storm)}`, storm };
        }),
      );
      await first.close();
      for (const { one, storm } of racing) for (const sent of storm) await send(one, sent);
      await switches.worker(queue);
      for (const { one, said } of racing) await assertBack(one, said);
    });
  }
});

async function assertBack(one: RunningSwitch, pair: string): Promise<void> {
  const outcome = await one.outcome();
  assert.equal(outcome.kind, 'rolled-back', `${pair} ${JSON.stringify(outcome)}`);
  assert.deepEqual(one.service.retired, [], pair);
  if (one.service.edge !== null) one.assertAllOnFrom();
  const events = (await one.events()).map((event) => event.type);
  assert.equal(events.filter((type) => type === 'ended').length, 1, pair);
  const started = events.indexOf('rollback-started');
  assert.ok(!events.slice(started).includes('stage-entered'), `something began after it: ${pair}`);
  assert.ok(!events.includes('no-return'), pair);
}
