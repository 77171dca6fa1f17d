/**
 * Steps of the user's own: at their place, once for each key, undone in reverse order or kept as the plan says, and put to a person where
 * they fail. A step inside the freeze unwinds with it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STEP_PLACES, type OwnStep } from '../../src/domain/plan.ts';
import { NOTIFY } from '../support/plans.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

const scripted = { use: 'scripted' };

function own(name: string, change: Partial<OwnStep> = {}): OwnStep {
  const plain = { do: scripted, undo: scripted, undoUntil: 'end', reason: null, withinMs: 30_000 } as const;
  return { at: 'frozen', name, ...plain, ...change };
}

/** A slow machine has time for three steps. */
const ROOMY = { cutover: { freezeMs: 300_000 } };

/** One at each place. */
const EVERYWHERE = STEP_PLACES.map((at) => own(at, { at }));

/** What the receiver did, without the id of the run: `up/1`, `undo up/1`. */
function effects({ service }: RunningSwitch): string[] {
  return service.stepEffects.map((one) => one.replace(/[^ /]+\/step\//, ''));
}

async function told(one: RunningSwitch): Promise<string[]> {
  const events = await one.events();
  return events.flatMap((event) => (event.type === 'step' ? [`${event.step} ${event.how}`] : []));
}

void describe('steps of one’s own', { concurrency: 4 }, () => {
  void test('are done at all five places, each once', async () => {
    const one = await switches.start('steps', { plan: { ...ROOMY, steps: EVERYWHERE } });
    const frozen = one.service.stopAt('step:frozen');
    await frozen.reached;
    const { edge } = one.service;
    assert.deepEqual([edge?.weightPercent, edge?.freezeUntilMs !== null], [50, true]);
    frozen.go();
    const after = one.service.stopAt('step:after-flip');
    await after.reached;
    assert.equal(one.service.edge?.weightPercent, 100);
    after.go();
    const last = one.service.stopAt('step:before-decommission');
    await last.reached;
    assert.deepEqual(one.service.retired, []);
    last.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(
      effects(one),
      STEP_PLACES.map((at) => `${at}/1`),
    );
    assert.equal(one.service.stepCalls.length, STEP_PLACES.length);
    assert.deepEqual((await one.state()).undo, []);
    const report = one.service.published.get('report.md') ?? '';
    assert.match(
      report,
      /## Steps[^#]*\| frozen \| frozen \| scripted \| step frozen done: frozen as scripted/,
    );
  });

  void test('are undone in reverse order by a rollback, however late', async () => {
    const one = await switches.start('steps undone', { plan: { ...ROOMY, steps: EVERYWHERE } });
    const held = one.service.stopAt('step:before-decommission');
    await held.reached;
    assert.deepEqual(
      (await one.state()).undo.filter((undo) => undo.startsWith('step')),
      STEP_PLACES.map((at) => `step ${at}`),
    );
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    held.go();
    assert.deepEqual((await one.rolledBack()).left, []);
    one.assertAllOnFrom();
    assert.deepEqual(
      effects(one).slice(STEP_PLACES.length),
      STEP_PLACES.toReversed().map((at) => `undo ${at}/1`),
    );
    assert.deepEqual((await one.state()).undo, []);
  });

  void test('before the first write are undone too, though nobody had left', async () => {
    const one = await switches.start('steps before users', {
      plan: { ...ROOMY, steps: EVERYWHERE, providers: { notify: NOTIFY } },
    });
    const held = one.service.stopAt('gate:shadow');
    await held.reached;
    await one.command('rollback', { reason: 'drill' });
    held.go();
    await one.rolledBack();
    assert.deepEqual(effects(one), ['preflight/1', 'undo preflight/1']);
    assert.deepEqual(one.service.writes, []);
    assert.ok(one.service.told.some(({ title }) => title === 'Nobody had left; steps are undone'));
  });

  void test('have one key for every try: a lost answer is no second effect', async () => {
    const one = await switches.start('step answer lost', {
      plan: { ...ROOMY, steps: [own('up')] },
      script: (service) => service.failAt('reply-step:up', 'retry', 3),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(effects(one), ['up/1']);
    assert.equal(one.service.stepCalls.length, 4);
    assert.equal(new Set(one.service.stepCalls).size, 1);
  });
});

void describe('a step that fails', { concurrency: 4 }, () => {
  const plan = {
    steps: [own('first', { at: 'before-canary' }), own('second', { at: 'before-canary' })],
    providers: { notify: NOTIFY },
  };
  const ASKS = 'tell:Waiting for a decision in canary';

  void test('is put to a person; approved, it is tried again', async () => {
    const one = await switches.start('step again', {
      plan,
      script: (service) => service.failAt('step:second', 'fatal', 1),
    });
    const asked = one.service.stopAt(ASKS);
    await asked.reached;
    const { wait } = await one.state();
    assert.match(
      wait?.what ?? '',
      /step second failed: scripted: .*Mend it and approve to try again, override to go on without it/,
    );
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(effects(one), ['first/1', 'second/1']);
  });

  void test('may be left out by a person’s word; its undo stays registered', async () => {
    const one = await switches.start('step left out', {
      plan,
      script: (service) => service.failAt('step:second', 'human', 1),
    });
    const asked = one.service.stopAt(ASKS);
    await asked.reached;
    await one.command('override', { hold: true, reason: 'we do it by hand' });
    const held = one.service.stopAt('gate:ramp 10 %');
    asked.go();
    await held.reached;
    assert.ok((await one.state()).undo.includes('step second'));
    await one.command('rollback', { reason: 'drill' });
    held.go();
    await one.rolledBack();
    assert.deepEqual(effects(one), ['first/1', 'undo second/1', 'undo first/1']);
  });

  void test('and that nobody answers for rolls back', async () => {
    const one = await switches.start('step unanswered', {
      plan,
      script: (service) => service.failAt('step:second', 'retry'),
    });
    assert.match((await one.rolledBack()).reason, /nobody answered in time: step second failed/);
    assert.deepEqual(effects(one), ['first/1', 'undo second/1', 'undo first/1']);
  });

  void test('to be undone is tried until it is done, aloud; an operator may give it up, and the outcome says so', async () => {
    const one = await switches.start('undo stuck', { plan });
    const held = one.service.stopAt('gate:ramp 10 %');
    await held.reached;
    one.service.failAt('undo:second', 'fatal');
    await one.command('rollback', { reason: 'drill' });
    held.go();
    await one.until('rollback-stuck', ({ undo }) => undo === 'step second');
    const { left } = await (async () => {
      await one.command('override', { hold: true, reason: 'done by hand' });
      return one.rolledBack();
    })();
    assert.deepEqual(left, ['step second: skipped by ana: done by hand']);
    assert.deepEqual(effects(one).at(-1), 'undo first/1');
    assert.ok(one.service.told.some(({ title }) => title === 'ROLLBACK STUCK: step second'));
  });
});

void describe('a step inside the freeze', { concurrency: 4 }, () => {
  const steps = [own('up'), own('swap')];

  void test('that fails thaws first, is undone in reverse order, and is done anew under another key', async () => {
    const one = await switches.start('frozen step again', {
      plan: { ...ROOMY, steps },
      script: (service) => service.failAt('step:swap', 'retry', 20),
    });
    const back = one.service.stopAt('undo:swap');
    await back.reached;
    assert.equal(one.service.edge?.freezeUntilMs, null, 'users write again before anything is undone');
    one.service.mend('step:swap');
    back.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(effects(one), ['up/1', 'undo swap/1', 'undo up/1', 'up/2', 'swap/2']);
    assert.match((await one.until('unwound')).reason, /^step swap failed/);
    assert.equal((await one.until('waiting')).wait.kind, 'backoff');
    const { frozenMs } = await one.until('flipped');
    assert.ok(frozenMs !== null && frozenMs < 300_000, `${frozenMs} ms`);
  });

  void test('that can only fail again asks at once instead of freezing users’ writes for nothing', async () => {
    const one = await switches.start('frozen step refused', {
      plan: { ...ROOMY, steps, providers: { notify: NOTIFY } },
      script: (service) => service.failAt('step:swap', 'fatal', 1),
    });
    const asked = one.service.stopAt('tell:Waiting for a decision in cutover');
    await asked.reached;
    const { wait } = await one.state();
    assert.match(
      wait?.what ?? '',
      /\(1 attempts\)\. Approve to try again, override to flip without step swap/,
    );
    assert.deepEqual(effects(one), ['up/1', 'undo swap/1', 'undo up/1']);
    await one.command('override', { hold: true, reason: 'not needed' });
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(effects(one).slice(3), ['up/2']);
    assert.ok((await told(one)).includes('swap skipped'));
  });

  void test('is undone when the freeze ran out before the flip', async () => {
    const one = await switches.start('frozen step lease', {
      plan: { ...ROOMY, steps: [own('up', { undoUntil: 'flip', reason: 'green needs it' })] },
    });
    const late = one.service.stopAt('done-step:up');
    await late.reached;
    const { edge } = one.service;
    assert.ok(edge !== null);
    one.service.writes.splice(-1, 1, { ...edge, freezeUntilMs: 1 });
    late.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal((await one.until('unwound')).reason, 'the freeze ran out before the flip');
    assert.deepEqual(effects(one), ['up/1', 'undo up/1', 'up/2']);
  });

  void test('is undone by a rollback before the flip, users first', async () => {
    const one = await switches.start('frozen step back', {
      plan: { ...ROOMY, steps: [own('up', { undoUntil: 'flip', reason: 'green needs it' })] },
    });
    const held = one.service.stopAt('done-step:up');
    await held.reached;
    await one.command('rollback', { reason: 'drill' });
    await one.until('rollback-restored');
    one.assertAllOnFrom();
    held.go();
    assert.deepEqual((await one.rolledBack()).left, []);
    assert.deepEqual(effects(one), ['up/1', 'undo up/1']);
  });

  for (const [when, point] of [
    ['after the flip', 'gate:audit'],
    ['when the flip is under way', 'written:flip-1'],
  ] as const) {
    void test(`that is undone until the flip is kept ${when}, and the report says why`, async () => {
      const one = await switches.start(`kept ${when}`, {
        plan: {
          ...ROOMY,
          steps: [
            own('up', { undoUntil: 'flip', reason: 'green writes the new column' }),
            own('notice', { undo: null, reason: 'said is said' }),
            own('swap'),
          ],
        },
      });
      const held = one.service.stopAt(point);
      await held.reached;
      await one.command('rollback', { reason: 'drill' });
      held.go();
      assert.deepEqual((await one.rolledBack()).left, []);
      one.assertAllOnFrom();
      assert.deepEqual(effects(one), ['up/1', 'notice/1', 'swap/1', 'undo swap/1']);
      assert.deepEqual((await told(one)).slice(-3), ['swap undone', 'notice kept', 'up kept']);
      const report = one.service.published.get('report.md') ?? '';
      assert.match(report, /step up is kept, as the plan says: green writes the new column/);
    });
  }

  void test('that is always kept is done once, however often the freeze is unwound', async () => {
    const one = await switches.start('frozen kept step', {
      plan: { ...ROOMY, steps: [own('notice', { undo: null, reason: 'said is said' }), own('swap')] },
      script: (service) => service.failAt('step:swap', 'fatal', 1),
    });
    const asked = await one.until('waiting');
    assert.equal(asked.wait.kind, 'question');
    await one.command('approve');
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(effects(one), ['notice/1', 'undo swap/1', 'swap/2']);
  });
});
