/** Every ordered pair of commands in every situation of a switch, as one workflow task takes them: what must never come out of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COMMAND_NAMES, toCommand, type Command, type CommandName } from '../../src/domain/command.ts';
import { decide } from '../../src/domain/decide.ts';
import type { SwitchFact } from '../../src/domain/event.ts';
import { STAGES, type Stage } from '../../src/domain/stage.ts';
import { evolve } from '../../src/domain/evolve.ts';
import { initialState, type SwitchState, type Wait } from '../../src/domain/state.ts';
import { scriptedPlan } from '../support/plans.ts';

const plan = await scriptedPlan('pairs');
const deadline = { afterMs: 1e9, then: 'pause' as const };
const approvals = STAGES.map((before) => ({ before, approvers: [], count: 1, deadline }));

const waiting = (kind: Wait['kind'], stage: Stage): SwitchFact => ({
  type: 'waiting',
  wait: { kind, what: 'it', stage, sinceMs: 0, deadlineMs: 1, then: 'roll back' },
});
const paused: SwitchFact = {
  type: 'commanded',
  command: { name: 'pause', by: 'ana', commandId: 'p0' },
  answer: '',
};

const SITUATIONS: Readonly<Record<string, (stage: Stage) => readonly SwitchFact[]>> = {
  'a hold': () => [{ type: 'hold-started', step: 'h', forMs: 1, looks: 1 }],
  'an approval': (stage) => [waiting('approval', stage)],
  'a question': (stage) => [waiting('question', stage)],
  'a peak': (stage) => [waiting('peak', stage)],
  'a pause': (stage) => [paused, waiting('paused', stage)],
  'the transaction': () => [{ type: 'transaction-opened', attempt: 1, freezeUntilMs: 1 }],
  'a rollback': () => [{ type: 'rollback-started', trigger: 'gate', reason: 'r', gate: null }],
  'the end': () => [{ type: 'no-return', color: 'blue' }],
};

const INPUT: Readonly<Record<CommandName, object>> = {
  approve: {},
  pause: {},
  resume: {},
  rollback: { reason: 'r' },
  override: { hold: true, reason: 'r' },
  tune: { change: { fenceMs: 1_000 }, reason: 'r' },
};

interface Step {
  readonly command: Command;
  readonly accepted: boolean;
  readonly state: SwitchState;
}

function given(state: SwitchState, name: CommandName, nth: number): Step {
  const command = toCommand(name, { by: `person-${nth}`, commandId: `c${nth}`, ...INPUT[name] });
  const { kind, answer } = decide(state, command);
  assert.ok(answer.length > 0);
  const accepted = kind === 'accepted';
  return {
    command,
    accepted,
    state: accepted ? evolve(state, { atMs: 10 + nth, type: 'commanded', command, answer }) : state,
  };
}

void describe('two commands in one workflow task (F1)', () => {
  for (const [situation, facts] of Object.entries(SITUATIONS)) {
    void test(`under ${situation}, in every stage, in both orders`, () => {
      for (const stage of STAGES) {
        const begun = initialState({ ...plan, approvals }, 'd', 's');
        const here: readonly SwitchFact[] = [{ type: 'stage-entered', stage }, ...facts(stage)];
        const state = here.reduce((now, fact) => evolve(now, { atMs: 5, ...fact }), begun);
        for (const one of COMMAND_NAMES) for (const other of COMMAND_NAMES) check(state, stage, [one, other]);
      }
    });
  }
});

function check(before: SwitchState, stage: Stage, names: readonly CommandName[]): void {
  const said = `${stage}: ${names.join(' then ')}`;
  let state = before;
  let back = before.rollback !== null || before.rollbackAsked !== null;
  for (const [nth, name] of names.entries()) {
    const step = given(state, name, nth);
    if (back && name !== 'rollback') assert.ok(!step.accepted, `${said}: taken after a rollback`);
    if (before.pastNoReturn && (name === 'rollback' || name === 'pause')) assert.ok(!step.accepted, said);
    if (step.accepted && name === 'rollback') back = true;
    if (name === 'override' && step.accepted) {
      assert.notEqual(state.wait?.kind, 'approval', `${said}: an override is no approval`);
      assert.equal(state.pause, null, `${said}: an override under a pause does nothing`);
    }
    if (name !== 'approve') assert.ok(step.state.approvals.length <= state.approvals.length, said);
    if (name === 'pause' && step.accepted) assert.notEqual(step.state.pause, null, said);
    if (name === 'resume' && step.accepted) assert.equal(step.state.pause, null, said);
    const repeated = decide(step.state, step.command);
    if (step.accepted) assert.equal(repeated.kind, 'duplicate', `${said}: a repeat is one command`);
    state = step.state;
  }
  assert.equal(state.outcome, null, said);
  assert.equal(state.pastNoReturn, before.pastNoReturn, said);
}
