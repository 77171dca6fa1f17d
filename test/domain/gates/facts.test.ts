/** What is made from the table of gates is committed and current, and the table says everything that others must know of a gate. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { facts, withTable } from '../../../scripts/gate-facts.ts';
import { askedGates } from '../../../src/domain/asked-gates.ts';
import { remedyFor } from '../../../src/domain/cookbook.ts';
import { BUILT_IN_GATES, FACTS, GATE_ROLES, SETTING } from '../../../src/domain/gate.ts';
import { GATES, SETTINGS } from '../../../src/domain/gates/index.ts';
import { misfit, thresholds } from '../../../src/domain/settings.ts';
import { JUDGED_STAGES } from '../../../src/domain/stage.ts';
import { scriptedPlan } from '../../support/plans.ts';

const { request } = (await scriptedPlan('docs-rag')).probes;
const dialogs = {
  first: request,
  second: request,
  id: null,
  remembered: { at: '$.answer', says: 'x' },
  count: 1,
};

/** Every gate is asked. */
const EVERY = { gates: { off: [] }, customGates: [], probes: { dialogs } };

const RUN = 'run: node --import tsx scripts/gate-facts.ts && npx oxfmt';

void test('facts.ts and docs/gates.md are current', () => {
  const { gates, settings } = facts();
  assert.deepEqual(FACTS, gates, RUN);
  assert.deepEqual(Object.keys(FACTS), Object.keys(gates), RUN);
  assert.deepEqual(SETTING, settings, RUN);
  const docs = readFileSync(new URL('../../../docs/gates.md', import.meta.url), 'utf8');
  assert.equal(docs, withTable(docs), RUN);
});

void test('every threshold has one home, and its default is one that it allows', async () => {
  const { gates } = await scriptedPlan('docs-rag', EVERY);
  assert.deepEqual(Object.keys(SETTINGS).toSorted(), Object.keys(thresholds(gates)).toSorted());
  for (const [path, limit] of Object.entries(thresholds(gates)))
    assert.equal(misfit(SETTINGS[path] ?? { kind: 'share', stricter: 'lower' }, limit), null, path);
  for (const [path, { must }] of Object.entries(SETTINGS))
    if (must !== undefined) assert.ok(SETTINGS[must.than] !== undefined, path);
});

void test('every gate has words, a remedy and a stage that asks it', async () => {
  const plan = await scriptedPlan('docs-rag', EVERY);
  const asked = new Set(JUDGED_STAGES.flatMap((stage) => askedGates(plan, stage).map(({ gate }) => gate)));
  for (const { name, asks, fails, passes, remedy } of GATES) {
    assert.ok(
      [asks, fails, passes].every((words) => words.length > 3),
      name,
    );
    assert.equal(remedyFor(name, 'gate'), remedy);
    assert.ok(asked.has(name), name);
  }
  assert.equal(new Set(BUILT_IN_GATES).size, GATES.length);
});

void test('what decides is asked before what only guards, and that before what only advises', async () => {
  const plan = await scriptedPlan('docs-rag', EVERY);
  for (const stage of JUDGED_STAGES) {
    const roles = askedGates(plan, stage).map(({ role }) => GATE_ROLES.indexOf(role));
    assert.deepEqual(
      roles,
      roles.toSorted((a, b) => a - b),
      stage,
    );
  }
  const canary = askedGates(plan, 'canary').map(({ gate, role }) => `${gate} ${role}`);
  assert.deepEqual(canary.slice(0, 6), [
    'identity prove',
    'latency prove',
    'error-rate guard',
    'error-novelty guard',
    'cache guard',
    'stickiness guard',
  ]);
});
