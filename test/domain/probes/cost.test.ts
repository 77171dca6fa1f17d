/** What probes cost, and whether they fit their holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeCost, unfitting } from '../../../src/domain/probes/cost.ts';
import { loadText, MINIMAL } from '../../plan/support.ts';
import { scriptedPlan } from '../../support/plans.ts';

const QUESTIONS = 117;
const ALL = { questions: QUESTIONS, answered: QUESTIONS };

void test('the default plan asks each color about as often as there are rounds in its holds', async () => {
  const { plan } = await loadText(MINIMAL);
  const cost = probeCost(plan, ALL, null);
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
  const fits = probeCost(plan, ALL, 5000);
  const ramp = fits.holds.find(({ stage }) => stage === 'ramp');
  assert.equal(ramp?.lookMs, 59 * 5000);
  assert.ok(!unfitting(fits).some(({ stage }) => stage === 'ramp'));
  const slow = probeCost(plan, ALL, 5200);
  assert.ok(unfitting(slow).some(({ stage }) => stage === 'ramp'));
});

void test('money and time are what the plan says, and a measured time goes before it', async () => {
  const { plan } = await loadText(
    `${MINIMAL}probes: { set: ./probes, answerTime: 5s, costPerAnswer: 0.004 }\n`,
  );
  const stated = probeCost(plan, ALL, null);
  assert.equal(stated.answerMs, 5000);
  assert.equal(stated.price, stated.answers * 0.004);
  assert.equal(probeCost(plan, ALL, 800).answerMs, 800);
});

void test('questions without generation cost no answer, are counted as saved, and make a look shorter', async () => {
  const { plan } = await loadText(
    `${MINIMAL}probes: { set: ./probes, answerTime: 5s, costPerAnswer: 0.01, retrieval: { path: /v1/retrieve } }\n`,
  );
  assert.equal(plan.probes.retrieval?.answers, 60);
  const [whole, some] = [ALL, { questions: QUESTIONS, answered: 60 }].map((asked) =>
    probeCost(plan, asked, null),
  );
  assert.ok(whole !== undefined && some !== undefined);
  assert.equal(some.answers + some.retrievals, whole.answers);
  assert.equal(some.price, some.answers * 0.01);
  assert.equal(some.waiting.answers, 2 * 6 * 60);
  const longest = (cost: typeof some): number => Math.max(...cost.holds.map(({ lookMs }) => lookMs ?? 0));
  assert.ok(longest(some) < 0.55 * longest(whole));
});

void test('a rate is the time that a look takes, where it is longer than the answers', async () => {
  const { plan } = await loadText(`${MINIMAL}probes: { set: ./probes, rate: 1, answerTime: 1s }\n`);
  const ramp = probeCost(plan, ALL, null).holds.find(({ stage }) => stage === 'ramp');
  assert.equal(ramp?.lookMs, (ramp?.rounds ?? 0) * QUESTIONS * 1000);
  const { plan: quick } = await loadText(`${MINIMAL}probes: { set: ./probes, rate: 0.1 }\n`);
  assert.ok(unfitting(probeCost(quick, ALL, null)).length > 0, 'also where no time of an answer is known');
});
