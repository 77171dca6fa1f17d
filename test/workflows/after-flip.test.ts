/** Caches, audit, hold and decommission: everybody is on `to`, and the way back is still open. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NOTIFY, peakAhead } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();
const HOUR = 3_600_000;

void describe('caches', { concurrency: 4 }, () => {
  void test('that still hold keys of `from` after the purge are asked about; approve purges again', async () => {
    const one = await switches.start('purge again', {
      plan: { providers: { notify: NOTIFY } },
      script: (service) => service.stillCached.push(3),
    });
    const asked = one.service.stopAt('tell:Waiting for a decision in caches');
    await asked.reached;
    assert.match((await one.state()).wait?.what ?? '', /3 keys of blue's namespace are still cached/);
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const moved = (await one.events()).filter((event) => event.type === 'cache-moved');
    assert.equal(moved.length, 2);
  });

  void test('that still hold keys are left so when that is overridden', async () => {
    const one = await switches.start('purge overridden', {
      plan: { providers: { notify: NOTIFY } },
      script: (service) => service.stillCached.push(3, 3, 3),
    });
    const asked = one.service.stopAt('tell:Waiting for a decision in caches');
    await asked.reached;
    await one.command('override', { hold: true, reason: 'they expire in a minute' });
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void test('are waited for without end when the deadline says pause: silence is no answer', async () => {
    const one = await switches.start('purge silence', {
      plan: { caches: { deadline: { afterMs: HOUR, then: 'pause' } }, providers: { notify: NOTIFY } },
      script: (service) => service.stillCached.push(3),
    });
    const again = one.service.stopAt('tell:Still waiting');
    await again.reached;
    assert.match((await one.state()).wait?.what ?? '', /still cached/);
    await one.command('approve');
    again.go();
    assert.equal((await one.outcome()).kind, 'completed');
    await one.until('waited', (event) => event.how === 'deadline: pause');
  });
});

void describe('the hold', { concurrency: 4 }, () => {
  void test('waits for the peak window of its time zone and holds through it', async () => {
    const peak = peakAhead('Europe/Paris');
    const one = await switches.start('peak window', { plan: { hold: { peak } } });
    assert.equal((await one.outcome()).kind, 'completed');
    const { wait } = await one.until('waiting', (event) => event.wait.kind === 'peak');
    const { atMs } = await one.until('hold-started', (event) => event.step === 'hold');
    assert.ok(Math.abs(atMs - (wait.deadlineMs ?? 0)) < 2000);
    const local = new Date(atMs).toLocaleTimeString('en-GB', { timeZone: 'Europe/Paris' });
    assert.match(local, new RegExp(`^${peak.at}:0`));
    const ended = await one.until('hold-ended', (event) => event.step === 'hold');
    assert.ok(ended.atMs - atMs >= HOUR, `${ended.atMs - atMs} ms`);
  });

  void test('judges while it waits for the peak, and a red look then goes back', async () => {
    const one = await switches.start('red before peak', {
      plan: { hold: { onRed: 'rollback', peak: peakAhead() } },
      script: (service) =>
        (service.verdict = (step, look) => (step === 'hold wait' && look === 2 ? 'fail' : 'pass')),
    });
    assert.equal((await one.rolledBack()).gate, 'custom:script');
    one.assertAllOnFrom();
    assert.ok((await one.events()).every((event) => event.type !== 'hold-started' || event.step !== 'hold'));
  });

  void test('restarts its clock after red, as often as the plan allows', async () => {
    const one = await switches.start('red then green', {
      plan: { hold: { onRed: 'restart', restarts: 2 } },
      script: (service) =>
        (service.verdict = (step, look) => (step === 'hold' && look <= 2 ? 'fail' : 'pass')),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    await one.until('stage-passed', (event) => event.stage === 'hold' && /2 restart\(s\)/.test(event.note));
  });

  void test('rolls back at the red look after the last restart', async () => {
    const one = await switches.start('red and red', {
      plan: { hold: { onRed: 'restart', restarts: 1 } },
      script: (service) => (service.verdict = (step) => (step === 'hold' ? 'fail' : 'pass')),
    });
    await one.rolledBack();
    const holds = (await one.events()).filter(
      (event) => event.type === 'hold-started' && event.step === 'hold',
    );
    assert.equal(holds.length, 2);
  });

  void test('that was paused begins again at the next peak, not in the middle of the night', async () => {
    const peak = peakAhead();
    const one = await switches.start('paused in peak', { plan: { hold: { peak } } });
    const held = one.service.stopAt('gate:hold');
    await held.reached;
    await one.command('pause');
    await one.command('resume');
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const starts = (await one.events()).flatMap((event) =>
      event.type === 'hold-started' && event.step === 'hold' ? [event.atMs] : [],
    );
    assert.equal(starts.length, 2);
    for (const atMs of starts) assert.match(new Date(atMs).toISOString(), new RegExp(`T${peak.at}:0`));
  });
});

void test('a peak that a pause has slept through is not held at whatever hour the pause ends (A11)', async () => {
  const peak = peakAhead();
  const one = await switches.start('slept through the peak', {
    plan: {
      hold: { peak },
      pause: { afterMs: 20 * HOUR, then: 'proceed' },
    },
  });
  const waiting = one.service.stopAt('gate:audit wait');
  const held = one.service.stopAt('gate:hold wait');
  await Promise.race([waiting.reached, held.reached]);
  await one.command('pause');
  waiting.go();
  held.go();
  assert.equal((await one.outcome()).kind, 'completed');
  const start = await one.until('hold-started', (event) => event.step === 'hold');
  assert.match(new Date(start.atMs).toISOString(), new RegExp(`T${peak.at}`));
});

void describe('decommission', { concurrency: 4 }, () => {
  const approvals = [
    {
      before: 'decommission' as const,
      approvers: ['ana', 'ben', 'cem'],
      count: 2,
      deadline: { afterMs: 72 * HOUR, then: 'pause' as const },
    },
  ];

  void test('waits for two people; the same one twice, or a stranger, does not count', async () => {
    const one = await switches.start('two people', { plan: { approvals, providers: { notify: NOTIFY } } });
    const asked = one.service.stopAt('tell:Approval needed: decommission');
    await asked.reached;
    assert.equal(await one.command('approve', { by: 'ana' }), 'decommission: 1 more approval(s) needed');
    await assert.rejects(one.command('approve', { by: 'ana' }), /ana has approved decommission already/);
    await assert.rejects(
      one.command('approve', { by: 'eve' }),
      /eve is not among the approvers of decommission/,
    );
    assert.equal((await one.state()).pastNoReturn, false);
    assert.equal(await one.command('approve', { by: 'ben' }), 'decommission is approved');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void test('approved ahead of time does not wait', async () => {
    const one = await switches.start('approved ahead', {
      plan: {
        approvals: [
          {
            ...approvals[0],
            before: 'decommission',
            approvers: [],
            count: 1,
            deadline: { afterMs: HOUR, then: 'rollback' },
          },
        ],
      },
    });
    const held = one.service.stopAt('gate:audit');
    await held.reached;
    assert.equal(await one.command('approve', { stage: 'decommission' }), 'decommission is approved');
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.ok((await one.events()).every((event) => event.type !== 'waiting'));
  });

  void test('goes back when a gate fails while the approval is waited for', async () => {
    const one = await switches.start('red in approval', {
      plan: { approvals },
      script: (service) => (service.verdict = (step) => (step === 'hold wait' ? 'fail' : 'pass')),
    });
    assert.equal((await one.rolledBack()).gate, 'custom:script');
    one.assertAllOnFrom();
    assert.deepEqual(one.service.retired, []);
  });

  void test('asks when `from` cannot be retired; approve tries again', async () => {
    const one = await switches.start('retire again', {
      plan: { providers: { notify: NOTIFY } },
      script: (service) => service.failAt('retire', 'human'),
    });
    const asked = one.service.stopAt('tell:Waiting for a decision in decommission');
    await asked.reached;
    await assert.rejects(one.command('rollback', { reason: 'no' }), /past the point of no return/);
    one.service.mend('retire');
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.retired, ['blue']);
  });

  void test('keeps `from` for as long as the plan says, judges meanwhile, and can still go back', async () => {
    const plan = { decommission: { keepMs: 24 * 3_600_000 } };
    const kept = await switches.start('kept for a day', { plan });
    assert.equal((await kept.outcome()).kind, 'completed');
    const stage = await kept.until('stage-entered', (event) => event.stage === 'decommission');
    const end = await kept.until('no-return');
    assert.ok(end.atMs - stage.atMs >= 24 * 3_600_000, `${end.atMs - stage.atMs} ms`);
    assert.deepEqual(kept.service.retired, ['blue']);

    const red = await switches.start('kept and red', { plan });
    red.service.verdict = (step) => (step === 'decommission wait' ? 'fail' : 'pass');
    assert.match((await red.rolledBack()).reason, /failed in decommission/);
    assert.deepEqual(red.service.retired, []);

    const sooner = await switches.start('kept no longer', {
      plan: { ...plan, providers: { notify: NOTIFY } },
    });
    const held = sooner.service.stopAt('gate:decommission wait');
    await held.reached;
    await sooner.command('override', { hold: true, reason: 'the other stack costs too much' });
    held.go();
    assert.equal((await sooner.outcome()).kind, 'completed');
  });

  void test('leaves `from` running when that is overridden', async () => {
    const one = await switches.start('retire overridden', {
      plan: { providers: { notify: NOTIFY } },
      script: (service) => service.failAt('retire', 'human'),
    });
    const asked = one.service.stopAt('tell:Waiting for a decision in decommission');
    await asked.reached;
    await one.command('override', { hold: true, reason: 'the platform team does it' });
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.deepEqual(one.service.retired, []);
  });

  void test('ends the switch though the evidence store is down: the report is missing, not the outcome', async () => {
    const one = await switches.start('no report', {
      script: (service) => service.failAt('publish', 'fatal'),
    });
    assert.deepEqual(await one.outcome(), { kind: 'completed', report: null });
  });
});

void test('what a stranger wrote during the fence is not taken for ours by our own purge (F2)', async () => {
  const one = await switches.start('laundered by a purge', {
    plan: { providers: { notify: NOTIFY } },
    script: (service) => (service.hasEpochs = true),
  });
  const fence = one.service.stopAt('move:blue');
  await fence.reached;
  one.service.strangerWrites({ producer: 'blue' });
  const asked = one.service.stopAt('tell:Waiting for a decision in caches');
  fence.go();
  await asked.reached;
  assert.match((await one.state()).wait?.what ?? '', /written by a stranger/);
  await one.command('approve');
  asked.go();
  assert.equal((await one.outcome()).kind, 'completed');
  assert.equal(one.service.edge?.producer, 'green', 'producers are where the switch had sent them');
});

void test('what a stranger writes as the caches move is read as it is, and asked about', async () => {
  const one = await switches.start('moved in the purge', { script: (service) => (service.hasEpochs = true) });
  const purge = one.service.stopAt('purge');
  await purge.reached;
  one.service.strangerWrites({ weightPercent: 30 });
  purge.go();
  const { actualPercent } = await one.until('edge-read', (event) => event.step === 'after the purge');
  assert.equal(actualPercent, 30);
  await one.until('waiting', ({ wait }) => wait.kind === 'question');
  await one.command('rollback', { reason: 'whoever did that' });
  await one.rolledBack();
});
