/**
 * The reference switch: default plan, real hours, every built-in gate judged from simulated traffic. Its history must stay within
 * budget, so that it cannot creep.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SwitchEvent } from '../../src/domain/event.ts';
import { rehearseReference } from '../support/reference.ts';
import { sharedServer } from '../support/temporal.ts';

/** Shadow, canary, four steps of the ramp, caches, audit and the peak hour. */
const HOLDS = 9;
const EVENTS_OF_A_WAIT = 11;
const BYTES_OF_A_WAIT = 8 * 1024;
const EVENTS_OF_AN_EXTENSION = 9;
const BYTES_OF_AN_EXTENSION = 8 * 1024;

void test('the reference switch completes within 200 events, 140 KB and 45 Actions, a wait for the peak and extensions apart', async () => {
  const rehearsed = await rehearseReference(await sharedServer());
  const { outcome, cost, events, rehearsedMs, realMs, historyLength } = rehearsed;
  assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
  const said = JSON.stringify(cost);
  // Whether the peak hour must be waited for depends on the time of day: its timer, the watch beside it and the end of both.
  const waits = events.filter(({ type }) => type === 'waiting').length;
  // A healthy hold that did not prove it by its end goes on a little longer.
  const longer = events.filter(({ type }) => type === 'hold-ended').length - HOLDS;
  const moreEvents = EVENTS_OF_A_WAIT * waits + EVENTS_OF_AN_EXTENSION * longer;
  assert.ok(cost.events <= 200 + moreEvents, said);
  assert.ok(cost.bytes <= 140 * 1024 + BYTES_OF_A_WAIT * waits + BYTES_OF_AN_EXTENSION * longer, said);
  assert.ok(cost.actions <= 45, said);
  // Every look of a hold is an attempt, and so is every poll of a wait: what they cost must not creep either.
  // While peak is waited for gates are judged as often as in the hold, and how long that is depends on the time of day.
  const waitLooks = Math.ceil(waitedMs(events) / (5 * 60_000));
  assert.ok(cost.retries <= 120 + waitLooks, `${said}, ${waitLooks} looks of waits`);
  assert.ok(historyLength <= 280 + waitLooks, `${historyLength} events with the skips of the clock`);
  assert.ok(rehearsedMs > 2 * 3_600_000, `${rehearsedMs} ms`);
  assert.ok(realMs < rehearsedMs / 20, `${realMs} ms`);
});

void test('a rehearsed fault is caught by its gate, before any user sees it', async () => {
  const { outcome, events } = await rehearseReference(await sharedServer(), { fault: 'bad-index' });
  assert.equal(outcome.kind, 'rolled-back', JSON.stringify(outcome));
  assert.equal(outcome.kind === 'rolled-back' ? outcome.gate : null, 'identity');
  assert.ok(events.every((event) => event.type !== 'edge-written' || event.step === 'as found'));
});

void test('a rehearsal does not wait for approvals, whatever their deadline says', async () => {
  const { outcome } = await rehearseReference(await sharedServer(), {
    fault: 'bad-index',
    more: 'approve: [{ before: shadow, approvers: [ana, ben], count: 2, deadline: { after: 1h, then: rollback } }]\n',
  });
  assert.equal(outcome.kind === 'rolled-back' ? outcome.gate : null, 'identity');
});

function waitedMs(events: readonly SwitchEvent[]): number {
  let [sinceMs, sum] = [0, 0];
  for (const { type, atMs } of events) {
    if (type === 'waiting') sinceMs = atMs;
    if (type === 'waited') sum += atMs - sinceMs;
  }
  return sum;
}
