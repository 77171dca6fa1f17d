/** The dry plan: complete, in order, deterministic, and narrow enough for any terminal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdQuestionDeadline } from '../../src/domain/hold-question.ts';
import { STAGES } from '../../src/domain/stage.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { previewText } from '../../src/plan/preview-text.ts';
import { previewPlan, rollbackPath, shortestMs } from '../../src/plan/preview.ts';
import { ABSENT } from '../support/absent.ts';
import { corpus, FILES, loadText, MINIMAL } from './support.ts';

void test('every stage comes in playbook order and every write before decommission has an undo', async () => {
  const { plan } = await loadPlan('ok-full.yaml', { cwd: FILES });
  const steps = previewPlan(plan);
  const order = steps.map((step) => STAGES.indexOf(step.stage));
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.ok(steps.every((step, index) => index === 0 || step.atMs >= (steps[index - 1]?.atMs ?? 0)));
  for (const step of steps) {
    const mustUndo = step.kind === 'write' && step.stage !== 'decommission';
    assert.equal(step.undo !== null, mustUndo || step.undo !== null, step.what);
    if (mustUndo) assert.notEqual(step.undo, null, step.what);
  }
  assert.deepEqual(
    steps.filter((step) => step.kind === 'ask').map((step) => [step.stage, step.who]),
    [
      ['cutover', 'anybody'],
      ['decommission', 'ana or bo'],
    ],
  );
});

void test('the shortest time is the sum of what must be waited for', async () => {
  const { plan } = await loadText(MINIMAL);
  // Canary, ramp, fence, caches, audit, peak.
  const minutes = 15 + 4 * 15 + 5 + 10 + 10 + 60;
  assert.equal(shortestMs(plan), minutes * 60_000);
});

void test('the hold after the caches is listed and counted, as the workflow makes it', async () => {
  const { plan } = await loadText(MINIMAL);
  const cache = { use: 'cloudflare' };
  const cached = { ...plan, providers: { ...plan.providers, cache } };
  const holds = previewPlan(cached).filter(({ stage, kind }) => stage === 'caches' && kind === 'hold');
  assert.deepEqual(
    holds.map(({ lastsMs }) => lastsMs),
    [plan.audit.forMs],
  );
  assert.equal(
    shortestMs(cached),
    shortestMs({ ...plan, providers: { ...plan.providers, cache: null } }) + plan.audit.forMs,
  );
});

void test('ports that a plan does without leave no steps', async () => {
  const { plan } = await loadText(
    `${MINIMAL}queue: none\ncache: none\nwarmup: { provider: none }\napprove: []\n`,
  );
  const text = previewText(plan);
  for (const absent of ['drain', 'invalidate', 'warm green', 'ask '])
    assert.ok(!text.includes(absent), absent);
  assert.match(text, /Nobody is asked\./);
  assert.equal(rollbackPath(plan).length, 5);
});

void test('a plan without queue, cache and writes is previewed in words about what it has (A5)', async () => {
  const { plan } = await loadText(`${MINIMAL}writes: none\ncache: none\n`);
  assert.doesNotMatch(previewText(plan), ABSENT);
  assert.match(previewText(plan), /FLIP: 100 % to green/);
  const { plan: writing } = await loadText(`${MINIMAL}cache: none\n`);
  assert.match(previewText(writing), /freeze writes on blue/);
});

void test('a plan that names a queue and no writes is refused: whoever enqueues a job writes', async () => {
  await assert.rejects(loadText(`${MINIMAL}writes: none\nqueue: simulated\n`), /writes.*names a queue/s);
});

void test('80 columns, the same every time, with the words that matter', async () => {
  for (const name of corpus('ok-')) {
    const { plan } = await loadPlan(name, { cwd: FILES });
    const text = previewText(plan);
    assert.equal(text, previewText(structuredClone(plan)));
    for (const line of text.split('\n')) assert.ok(line.length <= 80, `${name}: ${line}`);
    for (const word of ['POINT OF NO RETURN', 'FLIP', 'Rollback', 'Shortest total', 'undo:', 'deadline:']) {
      assert.ok(text.includes(word), `${name} ${word}`);
    }
  }
});

void test('a wait is promised as long as the workflow waits, in every hold (E9)', async () => {
  const { plan } = await loadText(
    `${MINIMAL}shadow: { deadline: { after: 2h, then: rollback } }\nonInconclusive: { then: pause, deadline: { after: 30m, then: rollback } }\n`,
  );
  assert.equal(holdQuestionDeadline(plan, 'shadow').afterMs, 2 * 3_600_000);
  for (const hold of ['canary', 'ramp', 'caches', 'audit', 'hold']) {
    assert.equal(holdQuestionDeadline(plan, hold).afterMs, 30 * 60_000, hold);
  }
  const text = previewText(plan).replaceAll(/\s+/g, ' ');
  assert.match(text, /then pause \(in shadow: after 2h rollback; later: after 30m rollback\)/);
  const shadow = previewPlan(plan).find((step) => step.stage === 'shadow');
  assert.equal(shadow?.deadline?.afterMs, holdQuestionDeadline(plan, 'shadow').afterMs);
});

void test('a zone that names no place is warned of, with the place that is usually meant (A19)', async () => {
  for (const [zone, place] of [
    ['EST', 'America/New_York'],
    ['EST5EDT', 'America/New_York'],
    ['PST', 'America/Los_Angeles'],
    ['CET', 'Europe/Paris'],
    ['Zulu', 'e.g. Europe/Paris'],
  ] as const) {
    const { warnings } = await loadText(`${MINIMAL}hold: { peak: { at: "18:00", zone: ${zone} } }\n`);
    const lines = warnings.map((one) => JSON.stringify(one)).join('\n');
    assert.match(lines, new RegExp(`${zone} names no place.*${place}`), zone);
  }
  for (const zone of ['UTC', 'America/New_York', 'Europe/Paris']) {
    const { warnings } = await loadText(`${MINIMAL}hold: { peak: { at: "18:00", zone: ${zone} } }\n`);
    assert.doesNotMatch(JSON.stringify(warnings), /names no place/, zone);
  }
});

void test('a vendor’s own weight is a second write at every step, and the first on the way back', async () => {
  const native = MINIMAL.replace(
    /^edge: .*$/m,
    'edge: { store: simulated, router: simulated, traffic: simulated }',
  );
  const { plan } = await loadText(native);
  const steps = previewPlan(plan);
  const writes = steps.filter(({ kind, stage }) => kind === 'write' && /canary|ramp|cutover/.test(stage));
  const second = writes.filter(({ what }) => what.includes('at simulated'));
  assert.equal(second.length, plan.ramp.length + 2);
  for (const step of second) {
    const before = writes[writes.indexOf(step) - 1];
    assert.match(before?.what ?? '', /^(weight of green|FLIP)/);
    assert.match(step.undo ?? '', /at simulated, before the edge config$/);
  }
  assert.match(second.at(-1)?.what ?? '', /50 → 100 %/);
  assert.match(rollbackPath(plan)[1] ?? '', /the weight of simulated, then the edge config/);
  const text = previewText(plan);
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  assert.doesNotMatch(previewText((await loadText(MINIMAL)).plan), /at simulated/);
});

void test('steps of one’s own stand at their place with what they do, their time and their undo, and in the way back', async () => {
  const { plan } = await loadPlan('ok-steps.yaml', { cwd: FILES });
  assert.deepEqual(
    plan.steps?.map(({ name }) => name),
    ['add-column', 'alias', 'drop-old-column'],
    'in the order of their places',
  );
  assert.equal(plan.cutover.freezeMs, 30_000 + 20_000 + 30_000, 'the freeze has room for them');
  const steps = previewPlan(plan);
  const what = steps.map((step) => step.what.split(':')[0] ?? '');
  const at = (name: string): number => what.indexOf(name);
  assert.ok(at('step add-column') > at('freeze writes on blue and enqueues, as a lease'));
  assert.ok(at('FLIP') > at('step alias') && at('step alias') > at('step add-column'));
  assert.equal(steps[at('step alias')]?.undo, 'PUT https://search.example.com/alias/docs');
  assert.match(
    steps[at('step add-column')]?.undo ?? '',
    /down\.sql"; kept once the flip has begun: green writes/,
  );
  assert.match(steps[at('step drop-old-column')]?.undo ?? '', /^none, it is kept: blue does not come back/);
  assert.ok(at('POINT OF NO RETURN') > at('step drop-old-column'));
  const back = rollbackPath(plan);
  assert.match(back[2] ?? '', /undone, the newest first: alias, add-column$/);
  assert.doesNotMatch(previewText(plan), /SEARCH_TOKEN/);
});
