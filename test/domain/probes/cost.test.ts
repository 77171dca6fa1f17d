/** What probes cost, and whether they fit their holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeCost, unfitting } from '../../../src/domain/probes/cost.ts';
import { loadText, MINIMAL } from '../../plan/support.ts';
import { scriptedPlan } from '../../support/plans.ts';

const QUESTIONS = 117;

void test('the default plan asks each color about as often as there are rounds in its holds', async () => {
  const { plan } = await loadText(MINIMAL);
  const cost = probeCost(plan, QUESTIONS, null);
  const rounds = cost.holds.reduce((sum, { rounds: each, looks }) => sum + each * looks, 0);
  assert.equal(cost.answers, 2 * rounds * QUESTIONS);
  // A grid in shadow, in each of four ramp steps and in the audit, twelve looks of the hold, and the canary's timing.
  assert.ok(rounds >= 6 * 7 && rounds <= 6 * 10, String(rounds));
  assert.equal(cost.waiting.answers, 2 * 6 * QUESTIONS);
  assert.equal(cost.price, null);
  assert.deepEqual(unfitting(cost), []);
});

void test('a set that does not fit its hold is told, one that fits is not', async () => {
  const plan = await scriptedPlan('fits', {
    ramp: [{ weightPercent: 50, forMs: 900_000, looks: 3, cohorts: [], regions: [] }],
    gates: { off: [] },
  });
  // Two rounds a look, 117 questions each, 4 in flight: 59 answers in turn, and five minutes for them.
  const fits = probeCost(plan, QUESTIONS, 5000);
  const ramp = fits.holds.find(({ stage }) => stage === 'ramp');
  assert.equal(ramp?.lookMs, 59 * 5000);
  assert.ok(!unfitting(fits).some(({ stage }) => stage === 'ramp'));
  const slow = probeCost(plan, QUESTIONS, 5200);
  assert.ok(unfitting(slow).some(({ stage }) => stage === 'ramp'));
});

void test('money and time are what the plan says, and a measured time goes before it', async () => {
  const { plan } = await loadText(
    `${MINIMAL}probes: { set: ./probes, answerTime: 5s, costPerAnswer: 0.004 }\n`,
  );
  const stated = probeCost(plan, QUESTIONS, null);
  assert.equal(stated.answerMs, 5000);
  assert.equal(stated.price, stated.answers * 0.004);
  assert.equal(probeCost(plan, QUESTIONS, 800).answerMs, 800);
});
