/** What operators may do, as a pure function of the state: names, counts, and what a decision is about. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anything, assert as always, constantFrom, oneof, property, record } from 'fast-check';
import { COMMAND_NAMES, toCommand, type CommandName } from '../../src/domain/command.ts';
import { decide, type Decision } from '../../src/domain/decide.ts';
import type { SwitchFact } from '../../src/domain/event.ts';
import type { ApprovalPlan } from '../../src/domain/plan.ts';
import { evolve } from '../../src/domain/evolve.ts';
import { initialState, type SwitchState, type Wait } from '../../src/domain/state.ts';
import { scriptedPlan } from '../support/plans.ts';

const plan = await scriptedPlan('decides');
const NEVER = { afterMs: 1e9, then: 'pause' as const };

function state(approvals: readonly ApprovalPlan[] = [], facts: readonly SwitchFact[] = []): SwitchState {
  const begun = initialState({ ...plan, approvals }, 'd', 's');
  const all: SwitchFact[] = [{ type: 'started', by: 'Ana@ops-1', planDigest: 'd' }, ...facts];
  return all.reduce((now, fact, index) => evolve(now, { atMs: index, ...fact }), begun);
}

let given = 0;
function say(now: SwitchState, name: CommandName, input: object = {}): Decision {
  given += 1;
  return decide(now, toCommand(name, { by: 'ben', commandId: `c${given}`, ...input }));
}

/** The state after the command, which must be accepted. */
function after(now: SwitchState, name: CommandName, input: object = {}): SwitchState {
  given += 1;
  const command = toCommand(name, { by: 'ben', commandId: `c${given}`, ...input });
  const decision = decide(now, command);
  assert.equal(decision.kind, 'accepted', decision.answer);
  return evolve(now, { atMs: given, type: 'commanded', command, answer: decision.answer });
}

function refusal(now: SwitchState, name: CommandName, input: object = {}): string {
  const decision = say(now, name, input);
  assert.equal(decision.kind, 'refused', decision.answer);
  return decision.answer;
}

const waiting = (wait: Partial<Wait> & Pick<Wait, 'kind'>): SwitchFact => ({
  type: 'waiting',
  wait: { what: 'it', sinceMs: 0, deadlineMs: 1, then: 'roll back', ...wait },
});
const two: ApprovalPlan = {
  before: 'decommission',
  approvers: ['Ana', 'ben', 'cem'],
  count: 2,
  deadline: NEVER,
};
const forTwo = waiting({ kind: 'approval', stage: 'decommission' });

void describe('an approval', () => {
  void test('ends by its approvers only: no override of the hold or of a gate counts (A4)', () => {
    for (const before of ['canary', 'cutover', 'decommission'] as const) {
      const now = state([{ ...two, before }], [waiting({ kind: 'approval', stage: before })]);
      assert.match(refusal(now, 'override', { hold: true, reason: 'r' }), /by its approvers only/);
      const ignored = after(now, 'override', { gate: 'latency', reason: 'r' });
      assert.equal(ignored.approvals.length, 0);
      assert.equal(ignored.wait?.kind, 'approval');
    }
  });

  void test('takes a name as people mean it: case, blanks and width do not make another person (A15)', () => {
    for (const same of ['ana', ' Ana ', 'ANA', 'ａｎａ', 'Ana ']) {
      const once = after(state([two], [forTwo]), 'approve', { by: 'ana' });
      assert.match(refusal(once, 'approve', { by: same }), /has approved decommission already/);
    }
    const once = after(state([two], [forTwo]), 'approve', { by: ' ANA ' });
    assert.equal(say(once, 'approve', { by: 'Ben' }).answer, 'decommission is approved');
  });

  void test('is not the starter’s to give where the plan says so, whatever host they sign from (A15)', () => {
    const open: ApprovalPlan = { ...two, approvers: [], count: 1, exclude: 'starter' };
    const now = state([open], [forTwo]);
    for (const by of ['Ana@ops-1', 'ana@laptop', ' ana ']) {
      assert.match(refusal(now, 'approve', { by }), /started this switch/);
    }
    assert.equal(say(now, 'approve', { by: 'ben' }).kind, 'accepted');
  });

  void test('lapses when the plan is loosened after it was given; a stricter plan keeps it (A14)', () => {
    const approved = after(state([two]), 'approve', { by: 'ben', stage: 'decommission' });
    const stricter = after(approved, 'tune', { change: { gates: { latencyRatio: 1.1 } } });
    assert.equal(stricter.approvals.length, 1);
    const looser = after(approved, 'tune', {
      change: { gates: { off: ['latency', ...plan.gates.off] } },
      reason: 'r',
    });
    assert.equal(looser.approvals.length, plan.gates.off.includes('latency') ? 1 : 0);
    const shorter = after(approved, 'tune', { change: { hold: { forMs: 60_000, looks: 1 } }, reason: 'r' });
    assert.deepEqual(shorter.approvals, []);
    assert.match(shorter.loosened[0]?.what ?? '', /hold/);
  });
});

void describe('a tune', () => {
  void test('that makes anything easier to pass needs a reason and is named (A14)', () => {
    const loose: readonly (readonly [string, object])[] = [
      ['gates.latencyRatio', { gates: { latencyRatio: 2 } }],
      ['gates.errorRatio', { gates: { errorRatio: 9 } }],
      ['gates.minSamples', { gates: { minSamples: 1 } }],
      ['gates.coverage.mean', { gates: { coverage: { mean: 0.1 } } }],
      ['gates.lambda.pass', { gates: { lambda: { pass: 0.86 } } }],
      ['gates.lambda.rebuild', { gates: { lambda: { rebuild: 0.05 } } }],
      ['custom:script (advisory)', { gates: { advisory: ['custom:script'] } }],
      ['custom:script (off)', { gates: { off: [...plan.gates.off, 'custom:script'] } }],
      ['canary', { canary: { forMs: 60_000 } }],
      ['audit', { audit: { forMs: 60_000 } }],
      ['hold', { hold: { looks: 1 } }],
      ['ramp', { rampAhead: [] }],
      ['fence', { fenceMs: 1000 }],
    ];
    for (const [name, change] of loose) {
      assert.match(refusal(state(), 'tune', { change }), /this loosens .*it needs a reason/, name);
      assert.ok(say(state(), 'tune', { change, reason: 'because' }).answer.includes(name), name);
    }
  });

  void test('that only makes it stricter needs none', () => {
    for (const change of [
      { gates: { latencyRatio: 1.01 } },
      { hold: { forMs: 7_200_000 } },
      { fenceMs: 120_000 },
    ]) {
      assert.match(say(state(), 'tune', { change }).answer, /^tuned; it takes effect/);
    }
  });
});

void describe('an override', () => {
  void test('of one gate says which gates of the question are still undecided (E4)', () => {
    const asked = waiting({ kind: 'question', stage: 'shadow', gates: ['delta-s', 'lambda'] });
    const now = state([], [asked]);
    assert.match(say(now, 'override', { gate: 'delta-s', reason: 'r' }).answer, /still undecided: lambda/);
    const once = after(now, 'override', { gate: 'delta-s', reason: 'r' });
    assert.equal(
      say(once, 'override', { gate: 'lambda', reason: 'r' }).answer,
      'gate lambda no longer decides',
    );
  });

  void test('under a pause is refused, not answered and lost (A15)', () => {
    const paused = after(state([], [{ type: 'hold-started', step: 'hold', forMs: 1, looks: 1 }]), 'pause');
    assert.match(refusal(paused, 'override', { hold: true, reason: 'r' }), /paused: resume first/);
  });

  void test('of the hold while a rollback is stuck skips that step, except for users (F19)', () => {
    const back: SwitchFact = { type: 'rollback-started', trigger: 'gate', reason: 'r', gate: null };
    const stuck = (undo: string): SwitchState =>
      state([], [back, { type: 'rollback-stuck', undo, sinceMs: 0 }]);
    assert.match(refusal(stuck('traffic'), 'override', { hold: true, reason: 'r' }), /cannot be skipped/);
    assert.match(refusal(stuck('caches'), 'override', { hold: true }), /needs a reason/);
    const skipped = after(stuck('caches'), 'override', { hold: true, reason: 'its store is gone' });
    assert.deepEqual(
      skipped.rollback?.skipped.map((one) => one.undo),
      ['caches'],
    );
    assert.match(
      refusal(state([], [back]), 'override', { hold: true, reason: 'r' }),
      /only its end can follow/,
    );
  });
});

void describe('after an accepted rollback', () => {
  void test('every command of the way forward is refused in the same instant (F1)', () => {
    const asked = after(state([two], [forTwo]), 'rollback');
    for (const name of COMMAND_NAMES) {
      const input = { hold: true, reason: 'r', change: { fenceMs: 90_000 } };
      assert.match(refusal(asked, name, input), /a rollback has been under way/, name);
    }
  });

  void test('a second one is obeyed while `from` is sick, whatever began the first', () => {
    const back: SwitchFact = { type: 'rollback-started', trigger: 'gate', reason: 'r', gate: null };
    const sick = after(state([], [back, waiting({ kind: 'sick-from' })]), 'rollback');
    assert.equal(sick.rollback?.insisted, true);
  });

  void test('past the point of no return it is refused with the way forward (F6)', () => {
    const gone = state([], [{ type: 'no-return', color: 'blue' }]);
    assert.match(refusal(gone, 'rollback'), /past the point of no return/);
  });
});

void describe('commands again and again', () => {
  const REASON = 'r'.repeat(2000);
  const hold: SwitchFact = { type: 'hold-started', step: 'h', forMs: 1, looks: 1 };
  const question = waiting({ kind: 'question', stage: 'decommission', sinceMs: 0 });
  const open: ApprovalPlan = { ...two, approvers: [] };
  const STORMS: Readonly<Record<string, [SwitchState, CommandName, (index: number) => object]>> = {
    'an override of one gate': [state([], [hold]), 'override', () => ({ gate: 'latency', reason: REASON })],
    'an override of the hold': [state([], [hold]), 'override', () => ({ hold: true, reason: REASON })],
    'an override of the question': [
      state([], [question]),
      'override',
      () => ({ hold: true, reason: REASON }),
    ],
    'an approval, by ever new names': [
      state([open]),
      'approve',
      (index) => ({ stage: 'decommission', by: `${index}`.padEnd(200, 'x') }),
    ],
    'an answer, by ever new names': [
      state([], [question]),
      'approve',
      (index) => ({ by: `${index}`.padEnd(200, 'x') }),
    ],
    'a threshold, looser and stricter': [
      state(),
      'tune',
      (index) => ({ change: { gates: { latencyRatio: 2 + (index % 2) } }, reason: REASON }),
    ],
    'a skipped step': [
      state(
        [],
        [
          { type: 'rollback-started', trigger: 'gate', reason: 'r', gate: null },
          { type: 'rollback-stuck', undo: 'jobs', sinceMs: 0 },
        ],
      ),
      'override',
      () => ({ hold: true, reason: REASON }),
    ],
  };
  for (const [what, [begun, name, input]] of Object.entries(STORMS)) {
    void test(`${what}: what the next run has to carry stays small (F9)`, () => {
      let now = begun;
      for (let index = 0; index < 2000; index += 1) {
        const command = toCommand(name, { by: 'eve', commandId: `${index}`, ...input(index) });
        const decision = decide(now, command);
        if (decision.kind !== 'accepted') continue;
        now = evolve(now, { atMs: index, type: 'commanded', command, answer: decision.answer });
      }
      const grown = JSON.stringify(now).length - JSON.stringify(begun).length;
      assert.ok(grown < 200_000, `${grown}`);
    });
  }

  void test('an override of what is overridden already says so; the next hold may be overridden again', () => {
    const once = after(state([], [hold]), 'override', { hold: true, reason: 'r' });
    assert.match(refusal(once, 'override', { hold: true, reason: 'r' }), /h is overridden already/);
    const next = evolve(once, { ...hold, atMs: 9 });
    assert.equal(say(next, 'override', { hold: true, reason: 'r' }).kind, 'accepted');
  });
});

void describe('a tune of a stage that was passed', () => {
  const change: Readonly<Record<string, object>> = {
    canary: { canary: { forMs: 3_600_000 } },
    ramp: { rampAhead: [] },
    audit: { audit: { forMs: 3_600_000 } },
    cutover: { fenceMs: 600_000 },
  };
  for (const stage of ['canary', 'ramp', 'cutover', 'audit'] as const) {
    void test(`${stage}, while the next one's approval is waited for, is refused: it could have no effect (F15)`, () => {
      const entered = state([], [{ type: 'stage-entered', stage }]);
      assert.equal(say(entered, 'tune', { change: change[stage], reason: 'r' }).kind, 'accepted');
      const passed = evolve(entered, { type: 'stage-passed', stage, note: '', atMs: 9 });
      assert.match(refusal(passed, 'tune', { change: change[stage], reason: 'r' }), /is past/);
    });
  }

  void test('the freeze once users were flipped is refused too (F15)', () => {
    const now = state([], [{ type: 'stage-entered', stage: 'cutover' }]);
    const flipped = evolve(now, { type: 'flipped', generation: 9, frozenMs: 1, atMs: 9 });
    assert.match(refusal(flipped, 'tune', { change: { freezeMs: 90_000 } }), /is past/);
  });
});

void test('any value at all is answered, and what is kept of it is bounded (F5, F9)', () => {
  const hostile = oneof(
    anything(),
    record({
      by: anything(),
      reason: anything(),
      commandId: anything(),
      stage: anything(),
      gate: anything(),
      hold: anything(),
      change: anything(),
    }),
  );
  always(
    property(constantFrom(...COMMAND_NAMES), hostile, (name, input) => {
      const command = toCommand(name, input);
      const decision = decide(state([two], [forTwo]), command);
      assert.ok(decision.answer.length < 3000);
      if (decision.kind === 'accepted') assert.ok(JSON.stringify(command).length < 30_000);
    }),
    { numRuns: 500 },
  );
  const big = { by: 'a', commandId: 'c', padding: 'x'.repeat(2_000_000), change: 'y'.repeat(2_000_000) };
  assert.ok(JSON.stringify(toCommand('pause', big)).length < 200);
});
