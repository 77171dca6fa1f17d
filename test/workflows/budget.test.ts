/**
 * The reference switch: default plan, real hours, every built-in gate judged from simulated traffic. Its history must stay within
 * budget, so that it cannot creep.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearseReference } from '../support/reference.ts';
import { sharedServer } from '../support/temporal.ts';

void test('the reference switch completes within 200 events, 150 KB and 45 Actions', async () => {
  const { outcome, cost, rehearsedMs, realMs, historyLength } = await rehearseReference(await sharedServer());
  assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
  const said = JSON.stringify(cost);
  assert.ok(cost.events <= 200, said);
  assert.ok(cost.bytes <= 150_000, said);
  assert.ok(cost.actions <= 45, said);
  // Every look of a hold is an attempt, and so is every poll of a wait: what they cost must not creep either.
  assert.ok(cost.retries <= 120, said);
  assert.ok(historyLength <= 300, `${historyLength} events with the skips of the clock`);
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
