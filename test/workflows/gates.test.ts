/** What verdicts do, stage by stage: a fail goes back, too little data extends and then asks, a broken judge blames nobody. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Verdict } from '../../src/domain/gate.ts';
import { NOTIFY } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

const at =
  (step: string, verdict: Verdict, times = Number.POSITIVE_INFINITY) =>
  (asked: string, look: number): Verdict =>
    asked === step && look <= times ? verdict : 'pass';

const ASKS = 'tell:Waiting for a decision in';

void describe('a gate that fails', { concurrency: 4 }, () => {
  void test('in shadow ends the switch with nothing written and nobody kept waiting', async () => {
    const one = await switches.start('shadow fails', {
      script: (service) => (service.verdict = at('shadow', 'fail')),
    });
    const { restoredInMs, gate, remedy } = await one.rolledBack();
    assert.equal(restoredInMs, null);
    assert.equal(gate, 'custom:script');
    assert.ok(remedy.length > 0);
    assert.deepEqual(one.service.writes, []);
  });

  for (const step of ['canary 1 %', 'ramp 10 %', 'ramp 50 %', 'caches', 'audit', 'hold']) {
    void test(`in ${step} sends everybody back`, async () => {
      const one = await switches.start(`fails in ${step.replace(' %', '')}`, {
        plan: { hold: { onRed: 'rollback' } },
        script: (service) => (service.verdict = at(step, 'fail')),
      });
      const { gate, reason } = await one.rolledBack();
      assert.equal(gate, 'custom:script');
      assert.match(reason, /fail as scripted/);
      one.assertAllOnFrom();
      assert.equal((await one.until('rollback-started')).trigger, 'gate');
      assert.deepEqual((await one.state()).undo, []);
      assert.ok(one.service.published.get('report.md')?.includes('rolled back'));
    });
  }

  void test('does so at its first look, not at the end of the hold', async () => {
    const one = await switches.start('fails early', {
      plan: { hold: { forMs: 3_600_000, looks: 12, onRed: 'rollback' } },
      script: (service) =>
        (service.verdict = (step, look) => (step === 'hold' && look === 3 ? 'fail' : 'pass')),
    });
    await one.rolledBack();
    const { look } = await one.until('looked', (event) => event.verdict === 'fail');
    assert.deepEqual([look.index, look.planned, look.final], [3, 12, false]);
  });

  void test('but is advisory is reported and decides nothing', async () => {
    const one = await switches.start('advisory', {
      plan: { gates: { advisory: ['custom:script'] }, onInconclusive: { then: 'promote' } },
      script: (service) => (service.verdict = () => 'fail'),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const { gates } = await one.until('looked');
    assert.deepEqual([gates[0]?.verdict, gates[0]?.advisory], ['fail', true]);
  });
});

void describe('too little data', { concurrency: 4 }, () => {
  void test('extends the hold, and a pass in the extension goes on', async () => {
    const one = await switches.start('extension', {
      plan: { onInconclusive: { extensions: 2, extensionMs: 1_800_000 } },
      script: (service) => (service.verdict = at('ramp 10 %', 'inconclusive', 1)),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const holds = (await one.events()).filter(
      (event) => event.type === 'hold-started' && event.step === 'ramp 10 %',
    );
    assert.deepEqual(
      holds.map((event) => (event.type === 'hold-started' ? event.forMs : 0)),
      [900_000, 1_800_000],
    );
  });

  for (const [answer, word] of [
    ['approve', 'goes on'],
    ['override', 'goes on'],
    ['rollback', 'goes back'],
  ] as const) {
    void test(`asks when the extensions are used up; ${answer} ${word}`, async () => {
      const one = await switches.start(`inconclusive ${answer}`, {
        plan: { onInconclusive: { extensions: 1 }, providers: { notify: NOTIFY } },
        script: (service) => (service.verdict = at('canary 1 %', 'inconclusive')),
      });
      const asked = one.service.stopAt(`${ASKS} canary`);
      await asked.reached;
      const { wait } = await one.state();
      assert.equal(wait?.kind, 'question');
      assert.match(wait?.what ?? '', /canary 1 % is inconclusive: custom:script/);
      if (answer === 'override') await one.command('override', { hold: true, reason: 'seen it myself' });
      else await one.command(answer, { reason: 'seen it myself' });
      asked.go();
      assert.equal((await one.outcome()).kind, answer === 'rollback' ? 'rolled-back' : 'completed');
    });
  }

  void test('rolls back when nobody answers by the deadline', async () => {
    const one = await switches.start('inconclusive unanswered', {
      script: (service) => (service.verdict = at('ramp 50 %', 'inconclusive')),
    });
    const { reason } = await one.rolledBack();
    assert.match(reason, /nobody answered in time: ramp 50 % is inconclusive/);
    one.assertAllOnFrom();
  });

  void test('aborts at once when the plan says so', async () => {
    const one = await switches.start('inconclusive abort', {
      plan: { onInconclusive: { then: 'abort' } },
      script: (service) => (service.verdict = at('audit', 'inconclusive')),
    });
    const { gate, reason } = await one.rolledBack();
    assert.equal(gate, 'custom:script');
    assert.match(reason, /audit is inconclusive/);
  });

  void test('goes on when the plan says promote', async () => {
    const one = await switches.start('inconclusive promote', {
      plan: { onInconclusive: { then: 'promote' } },
      script: (service) => (service.verdict = at('audit', 'inconclusive')),
    });
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void test('or a judge that breaks is never the fault of `to`: it extends and asks', async () => {
    const one = await switches.start('judge breaks', {
      plan: { onInconclusive: { extensions: 1 } },
      script: (service) => (service.verdict = at('ramp 10 %', 'error', 1)),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    await one.until('hold-ended', (event) => event.step === 'ramp 10 %' && event.verdict === 'error');
  });
});

void describe('a cold-start panel that is not flat', { concurrency: 4 }, () => {
  const cold = [3, 3, 3, 3, 3];

  void test('asks; approve warms again', async () => {
    const one = await switches.start('cold then warm', {
      plan: { providers: { notify: NOTIFY } },
      script: (service) => service.coldPings.push(...cold),
    });
    const asked = one.service.stopAt(`${ASKS} warmup`);
    await asked.reached;
    assert.match((await one.state()).wait?.what ?? '', /only cold is worse/);
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const warmed = (await one.events()).filter((event) => event.type === 'warmed');
    assert.equal(warmed.length, 2);
  });

  void test('says of pings that failed that they failed, not that green starts cold (E1)', async () => {
    const one = await switches.start('warm route missing', {
      plan: { providers: { notify: NOTIFY } },
      script: (service) => service.failedPings.push(20, 20, 20, 20, 20),
    });
    const asked = one.service.stopAt(`${ASKS} warmup`);
    await asked.reached;
    const what = (await one.state()).wait?.what ?? '';
    assert.match(what, /green could not be warmed: 100 of 100 pings failed: HTTP 404 at https:/);
    assert.doesNotMatch(what, /cold|memory/);
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    const warmed = (await one.events()).flatMap((event) => (event.type === 'warmed' ? [event.failed] : []));
    assert.deepEqual(warmed, [100, 0]);
  });

  void test('asks; override goes on cold', async () => {
    const one = await switches.start('cold overridden', {
      plan: { providers: { notify: NOTIFY } },
      script: (service) => service.coldPings.push(...cold),
    });
    const asked = one.service.stopAt(`${ASKS} warmup`);
    await asked.reached;
    await one.command('override', { hold: true, reason: 'night time' });
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    await one.until('stage-passed', (event) => event.stage === 'warmup' && /overridden/.test(event.note));
  });

  void test('rolls back at the deadline when the plan says so, and releases the warmth', async () => {
    const one = await switches.start('cold unanswered', {
      plan: { warmup: { deadline: { afterMs: 1_800_000, then: 'rollback' } } },
      script: (service) => service.coldPings.push(...cold),
    });
    assert.match((await one.rolledBack()).reason, /nobody answered in time: green keeps starting cold/);
    one.assertAllOnFrom();
    assert.equal(one.service.released, 1);
  });
});
