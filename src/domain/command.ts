/**
 * What operators may ask of a running switch (DESIGN §4). Every command exists as a Signal and as an Update of the same name;
 * both end in `decide`, which is pure, so an answer never depends on how a command arrived.
 */
import { BUILT_IN_GATES, type GateName } from './gate.ts';
import { STAGES, type Stage } from './stage.ts';
import type { SwitchState } from './state.ts';
import { checkTune, type Tune } from './tune.ts';

export interface CommandMeta {
  /** Who asks: a person or a system. */
  readonly by: string;
  readonly reason?: string;
  /** Same id, same command: repeats are ignored. */
  readonly commandId: string;
}

export type Command =
  | (CommandMeta & { readonly name: 'approve'; readonly stage?: Stage })
  | (CommandMeta & { readonly name: 'pause' })
  | (CommandMeta & { readonly name: 'resume' })
  | (CommandMeta & { readonly name: 'rollback' })
  /** Ignores a gate from now on (`gate`), or ends the present hold or wait as if it had passed (`hold`). */
  | (CommandMeta & { readonly name: 'override'; readonly gate?: GateName; readonly hold?: true })
  | (CommandMeta & { readonly name: 'tune'; readonly change: Tune });

export type CommandName = Command['name'];

export const COMMAND_NAMES = [
  'approve',
  'pause',
  'resume',
  'rollback',
  'override',
  'tune',
] as const satisfies readonly CommandName[];

export type Decision =
  | { readonly kind: 'accepted'; readonly answer: string }
  | { readonly kind: 'duplicate'; readonly answer: string }
  | { readonly kind: 'refused'; readonly answer: string };

/** Whether a command is legal now, and the sentence that answers it. */
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
  if (state.rollback !== null && command.name !== 'rollback') {
    return refused(
      `a rollback has been under way since ${iso(state.rollback.sinceMs)}; only its end can follow`,
    );
  }
  return DECIDERS[command.name](state, command);
}

type Decider = (state: SwitchState, command: Command) => Decision;

const DECIDERS: Readonly<Record<CommandName, Decider>> = {
  approve(state, command) {
    const asked = command.name === 'approve' ? command.stage : undefined;
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
    if (approval !== undefined && approval.approvers.length > 0 && !approval.approvers.includes(command.by)) {
      return refused(
        `${command.by} is not among the approvers of ${stage}: ${approval.approvers.join(', ')}`,
      );
    }
    const isQuestion = waiting?.kind === 'question';
    const given = approvalsOf(state, stage);
    if (given.includes(command.by)) return refused(`${command.by} has approved ${stage} already`);
    const needed = isQuestion ? 0 : (approval?.count ?? 1) - given.length - 1;
    return accepted(needed > 0 ? `${stage}: ${needed} more approval(s) needed` : `${stage} is approved`);
  },
  pause(state) {
    if (state.pause !== null) return refused(`paused already, by ${state.pause.by}`);
    if (state.pastNoReturn) return refused('decommission has begun and cannot be paused');
    return accepted(
      state.inTransaction
        ? 'the pause takes effect when the cutover transaction ends'
        : `paused in ${state.stage}; gates keep judging`,
    );
  },
  resume(state) {
    if (state.pause === null) return refused('not paused');
    return accepted(`resumed in ${state.stage}; the hold under way starts its evidence anew`);
  },
  rollback(state) {
    if (state.rollback !== null && state.wait?.kind !== 'sick-from') {
      return refused(`a rollback has been under way since ${iso(state.rollback.sinceMs)}`);
    }
    if (state.pastNoReturn) {
      return refused(
        `past the point of no return: ${state.plan.from} is being decommissioned. ` +
          `The way forward is a new switch from ${state.plan.to} to ${state.plan.from}, once ${state.plan.from} runs a good release`,
      );
    }
    return accepted(`rolling back to ${state.plan.from}`);
  },
  override(state, command) {
    if (command.name !== 'override') return refused('not an override');
    if (command.reason === undefined || command.reason.trim() === '')
      return refused('an override needs a reason');
    const gates: readonly string[] = [
      ...BUILT_IN_GATES,
      ...state.plan.customGates.map(({ name }) => `custom:${name}`),
    ];
    if (command.gate !== undefined && !gates.includes(command.gate)) {
      return refused(`there is no gate ${clip(command.gate)}; there are ${gates.join(', ')}`);
    }
    if (command.gate !== undefined) return accepted(`gate ${command.gate} no longer decides`);
    if (command.hold !== true) return refused('name a gate, or the hold');
    if (state.wait === null && state.hold === null) return refused('no hold or wait is under way');
    return accepted(`${state.wait?.what ?? state.hold?.step ?? 'the hold'} is overridden`);
  },
  tune(state, command) {
    if (command.name !== 'tune') return refused('not a tune');
    const problem = checkTune(state.plan, command.change, { stage: state.stage, rampStep: state.rampStep });
    return problem === null ? accepted('tuned; it takes effect at the next look or step') : refused(problem);
  },
};

/** Who approved `stage`; for a question only answers given since it was asked count. */
function approvalsOf(state: SwitchState, stage: Stage): string[] {
  const since = state.wait?.kind === 'question' ? state.wait.sinceMs : 0;
  return state.approvals.filter((one) => one.stage === stage && one.atMs >= since).map((one) => one.by);
}

function checkMeta(command: Command): string | null {
  // Signals arrive unvalidated from any client, so shapes are checked by hand: no zod in workflow code.
  const raw: Partial<Record<'by' | 'commandId' | 'reason', unknown>> = command;
  if (typeof raw.by !== 'string' || raw.by === '' || raw.by.length > 200)
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
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
