/**
 * Whether a command is legal now, and the sentence that answers it. Pure, so an answer never depends on how a command arrived.
 * Total for any value: signals arrive unchecked from any client.
 */
import { isApprover, missingApprovals, sameName } from './approval.ts';
import type { Command, CommandName } from './command.ts';
import { BUILT_IN_GATES } from './gate.ts';
import { STAGES, type Stage } from './stage.ts';
import type { SwitchState } from './state.ts';
import { loosened } from './loosened.ts';
import { checkTune } from './tune.ts';

export type Decision =
  | { readonly kind: 'accepted'; readonly answer: string }
  | { readonly kind: 'duplicate'; readonly answer: string }
  | { readonly kind: 'refused'; readonly answer: string };

export function decide(state: SwitchState, command: Command): Decision {
  const malformed = checkMeta(command);
  if (malformed !== null) return refused(malformed);
  if (state.commandIds.includes(command.commandId)) {
    return {
      kind: 'duplicate',
      answer: `${command.name} ${command.commandId} was received before; nothing changed`,
    };
  }
  if (state.outcome !== null) return refused(`the switch has ended (${state.outcome.kind}); nothing changed`);
  if (state.rollbackAsked !== null || state.rollback !== null) return duringRollback(state, command);
  return (DECIDERS[command.name] as Decider<CommandName>)(state, command);
}

type Of<N extends CommandName> = Extract<Command, { name: N }>;
type Decider<N extends CommandName> = (state: SwitchState, command: Of<N>) => Decision;

const DECIDERS: { readonly [N in CommandName]: Decider<N> } = {
  approve(state, command) {
    const asked = command.stage;
    if (asked !== undefined && !STAGES.includes(asked)) return refused(`there is no stage ${clip(asked)}`);
    const waiting = state.wait?.kind === 'approval' || state.wait?.kind === 'question' ? state.wait : null;
    const stage = asked ?? waiting?.stage;
    if (stage === undefined) {
      return refused(
        `nothing waits for approval (stage ${state.stage}); to approve a stage ahead of time, name it`,
      );
    }
    const approval = state.plan.approvals.find((one) => one.before === stage);
    if (approval === undefined && waiting?.stage !== stage) {
      return refused(`the plan asks for no approval before ${stage}`);
    }
    if (approval !== undefined) {
      const not = isApprover(approval, command.by, state.startedBy);
      if (not !== null) return refused(not);
    }
    const given = approvalsOf(state, stage);
    if (given.some((by) => sameName(by, command.by))) {
      return refused(`${command.by} has approved ${stage} already`);
    }
    const isAnswer = waiting?.kind === 'question' && waiting.stage === stage;
    const isEnough =
      isAnswer || approval === undefined ? given.length > 0 : missingApprovals(approval, given) <= 0;
    if (isEnough) return refused(`${stage} is approved already, by ${given.join(' and ')}`);
    if (isAnswer) return accepted(`${stage} is approved`);
    const missing = approval === undefined ? 0 : missingApprovals(approval, [...given, command.by]);
    return accepted(missing > 0 ? `${stage}: ${missing} more approval(s) needed` : `${stage} is approved`);
  },
  pause(state) {
    if (state.pause !== null) return refused(`paused already, by ${state.pause.by}`);
    if (state.pastNoReturn) return refused('decommission has begun and cannot be paused');
    return accepted(
      state.inTransaction
        ? 'the pause takes effect when the cutover transaction ends; a freeze under way ends by itself'
        : `paused in ${state.stage}; gates keep judging, and only a red gate, an operator or the pause's own deadline ends it`,
    );
  },
  resume(state) {
    if (state.pause === null) return refused('not paused');
    return accepted(`resumed in ${state.stage}; the hold under way starts its evidence anew`);
  },
  rollback(state) {
    const { from, to } = state.plan;
    if (state.pastNoReturn) {
      return refused(
        `past the point of no return: ${from} is being decommissioned. ` +
          `The way forward is a new switch from ${to} to ${from}, once ${from} runs a good release`,
      );
    }
    return accepted(`rolling back to ${from}`);
  },
  override(state, command) {
    if (command.reason === undefined || command.reason.trim() === '')
      return refused('an override needs a reason');
    if (command.gate !== undefined) return overrideGate(state, command.gate);
    if (command.hold !== true) return refused('name a gate, or the hold');
    if (state.pause !== null) return refused('paused: resume first, then override what is waited for');
    if (state.wait?.kind === 'approval') {
      return refused(`${state.wait.what} ends by its approvers only; an override is nobody's approval`);
    }
    const { wait, hold } = state;
    if (wait === null && hold === null) return refused('no hold or wait is under way');
    const what = wait?.what ?? hold?.step ?? 'the hold';
    if ((wait ?? hold)?.overridden === true) return refused(`${what} is overridden already`);
    return accepted(`${what} is overridden`);
  },
  tune(state, command) {
    const problem = checkTune(state.plan, command.change, state);
    if (problem !== null) return refused(problem);
    const looser = loosened(state.plan, command.change, state.rampStep);
    if (looser.length === 0) return accepted('tuned; it takes effect at the next look or step');
    if (command.reason === undefined || command.reason.trim() === '') {
      return refused(`this loosens ${looser.join(', ')}: it needs a reason`);
    }
    const lapsed = state.approvals.length;
    return accepted(
      `tuned; it loosens ${looser.join(', ')} and takes effect at the next look or step` +
        (lapsed === 0 ? '' : `; ${lapsed} approval(s) were given for the stricter plan and have lapsed`),
    );
  },
};

function overrideGate(state: SwitchState, gate: string): Decision {
  const gates: readonly string[] = [
    ...BUILT_IN_GATES,
    ...state.plan.customGates.map(({ name }) => `custom:${name}`),
  ];
  if (!gates.includes(gate)) return refused(`there is no gate ${clip(gate)}; there are ${gates.join(', ')}`);
  const before = state.overrides.find((one) => one.gate === gate);
  if (before !== undefined) return refused(`gate ${gate} is overridden already, by ${before.by}`);
  const open = stillOpen(state, gate);
  return accepted(
    `gate ${gate} no longer decides` + (open.length === 0 ? '' : `; still undecided: ${open.join(', ')}`),
  );
}

/** Gates behind the present question that neither `gate` nor an earlier override takes out. */
function stillOpen(state: SwitchState, gate: string): string[] {
  const ignored = [gate, ...state.overrides.map((one) => one.gate)];
  return (state.wait?.gates ?? []).filter((one) => !ignored.includes(one));
}

/** On the way back nothing of the way forward is taken; what helps the way back is. */
function duringRollback(state: SwitchState, command: Command): Decision {
  const sinceMs = state.rollback?.sinceMs ?? state.rollbackAsked?.atMs ?? 0;
  const underWay = `a rollback has been under way since ${iso(sinceMs)}`;
  const stuck = state.rollback?.stuck ?? null;
  if (command.name === 'rollback') {
    return state.wait?.kind === 'sick-from'
      ? accepted(`going back to ${state.plan.from} all the same`)
      : refused(underWay);
  }
  if (command.name === 'override' && command.hold === true && stuck !== null) {
    if (stuck === 'traffic') return refused(`${underWay}; sending users back cannot be skipped`);
    if (command.reason === undefined || command.reason.trim() === '')
      return refused('an override needs a reason');
    if (state.rollback?.skipped.some((one) => one.undo === stuck) === true) {
      return refused(`${stuck} is skipped already`);
    }
    return accepted(`${stuck} is skipped; the outcome will say so`);
  }
  return refused(`${underWay}; only its end can follow`);
}

/** Who approved `stage`; for a question only answers given since it was asked count. */
function approvalsOf(state: SwitchState, stage: Stage): string[] {
  const since = state.wait?.kind === 'question' ? state.wait.sinceMs : 0;
  return state.approvals.filter((one) => one.stage === stage && one.atMs >= since).map((one) => one.by);
}

function checkMeta(command: Command): string | null {
  // Signals arrive unvalidated from any client, so shapes are checked by hand: no zod in workflow code.
  const raw: Partial<Record<'by' | 'commandId' | 'reason', unknown>> = command;
  if (typeof raw.by !== 'string' || raw.by.trim() === '' || raw.by.length > 200)
    return 'a command needs `by`: who asks';
  if (typeof raw.commandId !== 'string' || raw.commandId === '' || raw.commandId.length > 200) {
    return 'a command needs `commandId`: any unique text';
  }
  if (raw.reason !== undefined && (typeof raw.reason !== 'string' || raw.reason.length > 2000)) {
    return '`reason` must be a text of at most 2000 characters';
  }
  return null;
}

function accepted(answer: string): Decision {
  return { kind: 'accepted', answer };
}

function refused(answer: string): Decision {
  return { kind: 'refused', answer };
}

function clip(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
