/**
 * What is looked at while a switch holds or waits: the edge config, `from` and `to` themselves, and what the gates ask about. A look
 * that finds something else than this switch left says so, and nothing passes on it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Plan } from '../../src/domain/plan.ts';
import type { HealthContract } from '../../src/domain/health.ts';
import { NOTIFY, scriptedPlan, type PlanChange } from '../support/plans.ts';
import { openSwitches } from '../support/switch.ts';
import type { RunningSwitch } from '../support/running-switch.ts';

const switches = openSwitches();
const HOUR = 3_600_000;
const ASKS = 'tell:Waiting for a decision in';
const WITH_NOTIFIER = { providers: { notify: NOTIFY } } as unknown as PlanChange;

const rampOf = async (looks: number): Promise<Plan['ramp']> =>
  (await scriptedPlan('x')).ramp.map((step) => ({ ...step, looks }));

const notes = async (one: RunningSwitch): Promise<string[]> =>
  (await one.events()).flatMap((event) => (event.type === 'note' ? [event.text] : []));

const holdsOf = async (one: RunningSwitch, step: string): Promise<number> =>
  (await one.events()).filter((event) => event.type === 'hold-started' && event.step === step).length;

void describe('somebody else writes the edge config', { concurrency: 4 }, () => {
  for (const [stage, step, percent] of [
    ['ramp', 'ramp 50 %', 50],
    ['hold', 'hold', 100],
  ] as const) {
    void it(`in ${step}: asked about at once; approve writes ours again and begins the evidence anew (F2)`, async () => {
      const one = await switches.start(`stranger in ${stage}`, {
        plan: { ...WITH_NOTIFIER, hold: { forMs: HOUR, looks: 12 }, ramp: await rampOf(3) },
      });
      const held = one.service.stopAt(`gate:${step}`);
      await held.reached;
      one.service.strangerWrites({ weightPercent: 3, producer: 'blue', cohorts: ['vip'] });
      const asked = one.service.stopAt(`${ASKS} ${stage}`);
      held.go();
      await asked.reached;
      const state = await one.state();
      assert.match(
        state.wait?.what ?? '',
        /a stranger wrote the edge config: generation \d+ with 3 % on green/,
      );
      assert.equal(state.concerns[0]?.kind, 'edge-foreign');
      assert.equal(state.actualPercent, 3, 'the status shows what stands there');
      await one.command('approve');
      asked.go();
      await one.until(
        'edge-written',
        (event) => event.step.startsWith('reclaim') && event.actualPercent === percent,
      );
      const producer = stage === 'hold' ? 'green' : 'blue';
      assert.equal(one.service.edge?.producer, producer);
      assert.deepEqual(one.service.edge?.cohorts, []);
      assert.equal((await one.outcome()).kind, 'completed');
      assert.equal(await holdsOf(one, step), 2);
    });
  }

  for (const kept of ['another weight', 'the same weight'] as const)
    void it(`the store went back to an older write of ours, of ${kept}: written anew, and nobody is asked`, async () => {
      const one = await switches.start(`went back to ${kept}`, {
        plan: { ...WITH_NOTIFIER, hold: { forMs: HOUR, looks: 12 } },
      });
      const held = one.service.stopAt('gate:hold');
      await held.reached;
      const lost = one.service.edge;
      one.service.writes.pop();
      const older = one.service.edge;
      assert.ok(older !== null && lost !== null);
      if (kept === 'the same weight') {
        one.service.writes.pop();
        one.service.write({ ...lost, generation: older.generation, writer: older.writer });
      }
      held.go();
      const { generation } = await one.until('edge-written', (event) =>
        event.step.startsWith('written-anew'),
      );
      assert.equal(generation, lost.generation + 1, 'no number is given twice');
      assert.equal((await one.outcome()).kind, 'completed');
      const asked = (await one.events()).filter(
        (event) => event.type === 'waiting' && event.wait.kind === 'question',
      );
      assert.deepEqual(asked, []);
      assert.equal(await holdsOf(one, 'hold'), 2, 'its evidence began anew');
    });

  void it('while an approval is waited for: said aloud, on the board, before anybody approves (F2)', async () => {
    const approvals: Plan['approvals'] = [
      { before: 'decommission', approvers: [], count: 1, deadline: { afterMs: 72 * HOUR, then: 'pause' } },
    ];
    const one = await switches.start('stranger in approval', { plan: { ...WITH_NOTIFIER, approvals } });
    const needed = one.service.stopAt('tell:Approval needed: decommission');
    await needed.reached;
    one.service.strangerWrites({ weightPercent: 0 });
    const told = one.service.stopAt('tell:Not as it was left in hold');
    needed.go();
    await told.reached;
    await one.until('note', (event) => /beware: a stranger wrote the edge config/.test(event.text));
    assert.equal((await one.state()).concerns[0]?.kind, 'edge-foreign');
    assert.equal((await one.state()).actualPercent, 0);
    await one.command('rollback', { reason: 'who was that?' });
    told.go();
    await one.rolledBack();
    one.assertAllOnFrom();
  });
});

void describe('the colors themselves', { concurrency: 4 }, () => {
  const sick = (healthy: HealthContract): HealthContract[] => [{ ...healthy, ok: healthy.color !== 'blue' }];

  void it('`from` unfit during the hold: said aloud, and the hold does not pass (A12)', async () => {
    const one = await switches.start('unfit from', {
      plan: { ...WITH_NOTIFIER, onInconclusive: { extensions: 1, then: 'promote' } },
    });
    const held = one.service.stopAt('gate:hold');
    await held.reached;
    one.service.health = sick;
    const asked = one.service.stopAt(`${ASKS} hold`);
    held.go();
    await asked.reached;
    const { wait, concerns } = await one.state();
    assert.match(wait?.what ?? '', /hold is inconclusive: blue is not fit to return to/);
    assert.deepEqual(
      concerns.map(({ kind }) => kind),
      ['from-unfit'],
    );
    const said = (await notes(one)).filter((text) => text.startsWith('beware: blue is not fit'));
    assert.equal(said.length, 1, 'once a change');
    assert.equal(one.service.told.filter(({ title }) => title === 'Not as it was left in hold').length, 1);
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void it('`from` well again before the end: said, and the hold passes (A12)', async () => {
    const one = await switches.start('unfit for a while', { plan: { hold: { forMs: HOUR, looks: 6 } } });
    one.service.verdict = (step, look) => {
      if (step === 'hold') one.service.health = look === 2 ? sick : (healthy) => [healthy];
      return 'pass';
    };
    assert.equal((await one.outcome()).kind, 'completed');
    const said = (await notes(one)).filter((text) => text.includes('blue is not fit'));
    assert.deepEqual(
      said.map((text) => text.split(':')[0]),
      ['beware', 'no longer'],
    );
  });

  const hotfix = (healthy: HealthContract): HealthContract[] => [
    healthy.color === 'green' ? { ...healthy, release: 'r43' } : healthy,
  ];

  void it('a hotfix of `to`: asked about by default; approve judges it from the start of the hold (A13)', async () => {
    const one = await switches.start('hotfix asks', {
      plan: { ...WITH_NOTIFIER, ramp: await rampOf(3) },
    });
    const held = one.service.stopAt('gate:ramp 50 %');
    await held.reached;
    one.service.health = hotfix;
    const asked = one.service.stopAt(`${ASKS} ramp`);
    held.go();
    await asked.reached;
    assert.match((await one.state()).wait?.what ?? '', /green runs r43 now; preflight pinned r42/);
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(await holdsOf(one, 'ramp 50 %'), 2);
    const pinned = await one.until('pinned', (event) => event.why !== null);
    assert.deepEqual(pinned.pinned.green.releases, ['r43']);
  });

  void it('a hotfix of `to`: begins the evidence anew by itself where the plan says so (A13)', async () => {
    const one = await switches.start('hotfix restarts', { plan: { hold: { onRelease: 'restart' } } });
    const held = one.service.stopAt('gate:hold');
    await held.reached;
    one.service.health = hotfix;
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(await holdsOf(one, 'hold'), 2);
    assert.ok((await notes(one)).some((text) => text.includes('green runs r43 now')));
    assert.ok((await one.events()).every((event) => event.type !== 'waiting'));
  });

  void it('a release of `from` that changes is said (A13)', async () => {
    const one = await switches.start('from redeployed');
    const held = one.service.stopAt('gate:ramp 50 %');
    await held.reached;
    one.service.health = (healthy) => [healthy.color === 'blue' ? { ...healthy, release: 'r40' } : healthy];
    held.go();
    assert.equal((await one.outcome()).kind, 'completed');
    assert.ok(
      (await notes(one)).some((text) => /beware: blue runs r40 now; preflight pinned r41/.test(text)),
    );
  });
});

void describe('a green that breaks while something else is waited for', { concurrency: 4 }, () => {
  void it('in a pause at 50 %: found within two looks of the hold, not hours later (F15)', async () => {
    const one = await switches.start('breaks in pause', { plan: { hold: { forMs: HOUR, looks: 12 } } });
    const held = one.service.stopAt('gate:ramp 50 %');
    await held.reached;
    await one.command('pause');
    one.service.verdict = (step, look) => (step === 'ramp wait' && look >= 100 ? 'fail' : 'pass');
    held.go();
    assert.equal((await one.rolledBack()).gate, 'custom:script');
    const pausedAt = await one.until('waiting', (event) => event.wait.kind === 'paused');
    const backAt = await one.until('rollback-started');
    const cadence = HOUR / 12;
    assert.ok(
      Math.abs(backAt.atMs - pausedAt.atMs - 100 * cadence) < 2 * cadence,
      `${backAt.atMs - pausedAt.atMs}`,
    );
    one.assertAllOnFrom();
  });

  void it('shows on the board what is judged meanwhile (F15)', async () => {
    const one = await switches.start('board in pause', { plan: { hold: { forMs: HOUR, looks: 12 } } });
    const held = one.service.stopAt('gate:ramp 50 %');
    await held.reached;
    await one.command('pause');
    one.service.verdict = (step, look) => (step === 'ramp wait' && look >= 5 ? 'inconclusive' : 'pass');
    const later = one.service.stopAt('gate:ramp wait');
    held.go();
    await later.reached;
    later.go();
    await one.until('looked', (event) => event.step === 'ramp wait' && event.verdict === 'inconclusive');
    await one.until('looked', (event) => event.gates.some(({ verdict }) => verdict === 'inconclusive'));
    await one.command('rollback', { reason: 'seen enough' });
    await one.rolledBack();
  });
});

void describe('a tune of the hold under way', { concurrency: 4 }, () => {
  for (const [gate, tuned] of [
    ['canary 1 %', { canary: { forMs: 2 * HOUR } }],
    ['audit', { audit: { forMs: 2 * HOUR } }],
    ['hold', { hold: { forMs: 2 * HOUR } }],
  ] as const) {
    void it(`takes effect in ${gate}: it is held that long from now on (F15)`, async () => {
      const one = await switches.start(`tune under way ${gate.replace(' %', '')}`);
      const held = one.service.stopAt(`gate:${gate}`);
      await held.reached;
      await one.command('tune', { change: tuned, reason: 'one more hour' });
      held.go();
      assert.equal((await one.outcome()).kind, 'completed');
      const starts = (await one.events()).flatMap((event) =>
        event.type === 'hold-started' && event.step === gate ? [event.forMs] : [],
      );
      assert.equal(starts.at(-1), 2 * HOUR);
      assert.equal(starts.length, 2);
    });
  }
});

void describe('an evidence store that refuses its worker', { concurrency: 2 }, () => {
  for (const step of ['canary 1 %', 'hold'] as const) {
    void it(`in ${step}: nobody is sent back for it; a person mends it and the evidence begins anew (F7)`, async () => {
      const one = await switches.start(`refused evidence ${step}`, { plan: WITH_NOTIFIER });
      const held = one.service.stopAt(`gate:${step}`);
      await held.reached;
      one.service.failAt('evidence', 'fatal');
      const asked = one.service.stopAt(`${ASKS} ${step === 'hold' ? 'hold' : 'canary'}`);
      held.go();
      await asked.reached;
      assert.match((await one.state()).wait?.what ?? '', /cannot be judged: .*evidence fails as scripted/);
      one.service.mend('evidence');
      await one.command('approve');
      asked.go();
      assert.equal((await one.outcome()).kind, 'completed');
    });
  }

  void it('while an approval is waited for: said once, and the wait goes on (F7)', async () => {
    const one = await switches.start('refused evidence in a wait', {
      plan: {
        ...WITH_NOTIFIER,
        approvals: [
          {
            before: 'decommission',
            approvers: [],
            count: 1,
            deadline: { afterMs: 8 * HOUR, then: 'rollback' },
          },
        ],
      },
    });
    const held = one.service.stopAt('gate:hold wait');
    await held.reached;
    one.service.failAt('evidence', 'fatal');
    held.go();
    assert.match((await one.rolledBack()).reason, /nobody answered in time: approval of decommission/);
    const said = (await notes(one)).filter((text) => /nothing is judged/.test(text));
    assert.equal(said.length, 1, said.join());
  });
});

void describe('evidence that its store has lost', { concurrency: 2 }, () => {
  void it('is gathered again: the hold begins anew and nobody is rolled back (F7)', async () => {
    const one = await switches.start('lost evidence', { plan: { hold: { forMs: HOUR, looks: 4 } } });
    one.service.verdict = (step, look) => {
      if (step === 'hold' && look === 2) one.service.loseEvidence();
      return 'pass';
    };
    assert.equal((await one.outcome()).kind, 'completed');
    assert.equal(await holdsOf(one, 'hold'), 2);
    assert.ok(
      (await notes(one)).some((text) => /the evidence store has lost what this hold had gathered/.test(text)),
    );
  });

  void it('again and again: a person is asked, since workers may not share a store (F7)', async () => {
    const one = await switches.start('lost again and again', {
      plan: { ...WITH_NOTIFIER, hold: { forMs: HOUR, looks: 4 } },
    });
    one.service.verdict = (step) => {
      if (step === 'hold') one.service.loseEvidence();
      return 'pass';
    };
    const asked = one.service.stopAt(`${ASKS} hold`);
    await asked.reached;
    assert.match(
      (await one.state()).wait?.what ?? '',
      /3 times by now; workers on several machines need one store/,
    );
    one.service.verdict = () => 'pass';
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });
});

void describe('what the plan says is not there', { concurrency: 4 }, () => {
  for (const [subject, providers, gates] of [
    ['queue', { queue: null }, ['dedupe', 'queue-age']],
    ['cache', { cache: null }, ['cache']],
    ['queue and cache', { queue: null, cache: null }, ['cache', 'dedupe', 'queue-age']],
  ] as const) {
    void it(`without ${subject} its gates are skipped, with the reason on the board (A5)`, async () => {
      const base = await scriptedPlan('x');
      const one = await switches.start(`no ${subject}`, {
        plan: {
          providers: { ...base.providers, ...providers },
          gates: {
            ...base.gates,
            off: base.gates.off.filter((gate) => !(gates as readonly string[]).includes(gate)),
          },
        } as PlanChange,
      });
      assert.equal((await one.outcome()).kind, 'completed');
      const { gates: judged } = await one.until('looked', (event) => event.step === 'hold');
      const skipped = judged.filter(({ verdict }) => verdict === 'skipped');
      assert.deepEqual(skipped.map(({ gate }) => gate).toSorted(), gates);
      for (const { summary, reason } of skipped) {
        assert.equal(reason, 'absent');
        assert.match(summary, /^The plan names no (queue|cache)\.$/);
      }
    });
  }

  void it('an overridden gate stays in sight, with who and why (E10)', async () => {
    const one = await switches.start('overridden in sight');
    const held = one.service.stopAt('gate:canary 1 %');
    await held.reached;
    await one.command('override', { gate: 'latency', reason: 'known flake' });
    await one.command('override', { gate: 'custom:script', reason: 'its exporter is broken' });
    held.go();
    const { gates } = await one.until('looked', (event) => event.step === 'ramp 10 %');
    assert.deepEqual(
      gates.map(({ gate, verdict, summary }) => [gate, verdict, summary]),
      [['custom:script', 'skipped', 'Overridden by ana: its exporter is broken']],
    );
    await one.command('rollback', { reason: 'seen enough' });
    await one.rolledBack();
  });
});

void describe('peak by telemetry', { concurrency: 4 }, () => {
  const byTelemetry = { peak: 'telemetry', forMs: HOUR, looks: 2 } as const;

  for (const [answer, how] of [
    ['approve', 'completed'],
    ['rollback', 'rolled-back'],
  ] as const) {
    void it(`that telemetry cannot tell is asked about; ${answer} (A11)`, async () => {
      const one = await switches.start(`no peak ${answer}`, {
        plan: { ...WITH_NOTIFIER, hold: byTelemetry },
      });
      const asked = one.service.stopAt(`${ASKS} hold`);
      await asked.reached;
      assert.match(
        (await one.state()).wait?.what ?? '',
        /when peak is cannot be told: telemetry of the last 14 days/,
      );
      await one.command(answer, { reason: 'it is a quiet service' });
      asked.go();
      assert.equal((await one.outcome()).kind, how);
    });
  }

  void it('that telemetry refuses to tell is asked about: nobody goes back for it (A11)', async () => {
    const one = await switches.start('peak refused', {
      plan: { ...WITH_NOTIFIER, hold: byTelemetry },
      script: (service) => service.failAt('hourly', 'human'),
    });
    const asked = one.service.stopAt(`${ASKS} hold`);
    await asked.reached;
    assert.match((await one.state()).wait?.what ?? '', /cannot be told: scripted: hourly fails as scripted/);
    await one.command('approve');
    asked.go();
    assert.equal((await one.outcome()).kind, 'completed');
  });

  void it('that telemetry cannot tell is held at any hour, and says so, where the plan says so (A11)', async () => {
    const one = await switches.start('no peak any hour', {
      plan: { hold: { ...byTelemetry, noPeak: 'any-hour' } },
    });
    assert.equal((await one.outcome()).kind, 'completed');
    assert.ok(
      (await notes(one)).some((text) => text.startsWith('held at any hour: telemetry of the last 14 days')),
    );
    const { note } = await one.until('stage-passed', (event) => event.stage === 'hold');
    assert.match(note, /^one whole green hour \(any hour; it had 0 requests\), 0 restart\(s\)$/);
  });

  void it('that turns out to be none says how many requests it had (A11)', async () => {
    const one = await switches.start('peak was none', {
      plan: { hold: byTelemetry },
      script: (service) => (service.hourlyRequests = () => 50_000),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const { note } = await one.until('stage-passed', (event) => event.stage === 'hold');
    assert.match(note, /usually 50000 requests; it had 0 requests: no peak/);
  });

  void it('shorter than an hour is not called one (E10)', async () => {
    const one = await switches.start('eight seconds', { plan: { hold: { forMs: 8000, looks: 2 } } });
    assert.equal((await one.outcome()).kind, 'completed');
    const { note } = await one.until('stage-passed', (event) => event.stage === 'hold');
    assert.match(note, /^green for 8s \(any hour/);
  });
});
