/** What an event changes in the state of a switch. Pure, total, and the only place that says what an event means. */
import { commanded } from './commanded.ts';
import type { Concern } from './concern.ts';
import type { SwitchEvent } from './event.ts';
import { registered, withStep } from './own-step.ts';
import type { StepHow, SwitchState } from './state.ts';

export function evolve(state: SwitchState, event: SwitchEvent): SwitchState {
  switch (event.type) {
    case 'started':
      return { ...state, startedBy: event.by, startedAtMs: event.atMs, stageSinceMs: event.atMs };
    case 'stage-entered':
      return { ...state, stage: event.stage, stageSinceMs: event.atMs, hold: null, wait: null };
    case 'stage-passed':
      return { ...state, stagesPassed: [...state.stagesPassed, event.stage] };
    case 'findings':
      return { ...state, findings: event.findings };
    case 'baseline':
      return { ...state, baseline: event.evidence };
    case 'pinned':
      return { ...state, pinned: event.pinned };
    case 'edge-written':
      return {
        ...state,
        desiredPercent: event.desiredPercent,
        actualPercent: event.actualPercent,
        ...standing(state, event.generation),
      };
    case 'edge-read':
      return { ...state, actualPercent: event.actualPercent, ...standing(state, event.generation) };
    case 'hold-started':
      return {
        ...state,
        hold: {
          step: event.step,
          sinceMs: event.atMs,
          endsMs: event.atMs + event.forMs,
          looks: event.looks,
        },
      };
    case 'looked':
      return {
        ...state,
        gates: event.gates,
        concerns: event.concerns ?? [],
        actualPercent: seenPercent(state, event.concerns ?? []),
        looks: { ...state.looks, [event.verdict]: (state.looks[event.verdict] ?? 0) + 1 },
        openDialogs: event.openDialogs ?? state.openDialogs,
      };
    case 'hold-ended':
      return { ...state, hold: null };
    case 'waiting':
      return { ...state, wait: event.wait };
    case 'waited':
      return { ...state, wait: null };
    case 'ramp-step':
      return { ...state, rampStep: event.index };
    case 'commanded':
      return commanded(state, event.command, event.atMs);
    case 'command-refused':
      return state;
    case 'transaction-opened':
      return { ...state, inTransaction: true };
    case 'transaction-closed':
    case 'unwound':
      return { ...state, inTransaction: false };
    case 'flipped':
      return { ...state, flipped: true, frozenMs: event.frozenMs };
    case 'fence-closed':
      return { ...state, moved: event.moved, lateWrites: event.lateWrites };
    case 'step': {
      const { step: name, round, how, detail, atMs } = event;
      return withStep(unstuck(state, how), { name, round, how, detail, atMs });
    }
    case 'flip-begun':
      return registered({ ...state, flipBegun: true });
    case 'flip-refused':
      return registered({ ...state, flipBegun: false });
    case 'undo-registered':
      return { ...state, undo: [...state.undo, event.undo] };
    case 'rollback-started':
      return {
        ...state,
        hold: null,
        wait: null,
        pause: null,
        inTransaction: false,
        rollback: {
          sinceMs: event.atMs,
          reason: event.reason,
          gate: event.gate,
          restoredInMs: null,
          stuck: null,
          insisted: false,
          skipped: [],
        },
      };
    case 'rollback-restored':
      return rollback(state, { restoredInMs: event.restoredInMs, stuck: null }, event.generation);
    case 'rollback-stuck':
      return rollback(state, { stuck: event.undo }, null);
    case 'rollback-step':
      return {
        ...rollback(state, { stuck: null }, null),
        undo: state.undo.filter((undo) => undo !== event.undo),
      };
    case 'no-return':
      return { ...state, pastNoReturn: true, undo: [] };
    case 'ended':
      return { ...state, outcome: event.outcome, wait: null, hold: null };
    case 'drained':
    case 'warmed':
    case 'cache-moved':
    case 'signal-ignored':
    case 'note':
      return state;
  }
}

/** What a look saw at the edge: another share than was read back, or none any more, which is then what this switch wrote. */
function seenPercent(state: SwitchState, now: readonly Concern[]): number | null {
  const standing = now.find((one) => one.weightPercent !== undefined);
  if (standing !== undefined) return standing.weightPercent ?? null;
  const wasAnother = state.concerns.some((one) => one.weightPercent !== undefined);
  return wasAnother ? state.desiredPercent : state.actualPercent;
}

/** A step of a rollback that is over, one way or the other, is not stuck any more. */
function unstuck(state: SwitchState, how: StepHow): SwitchState {
  return how === 'undone' || how === 'left' ? rollback(state, { stuck: null }, null) : state;
}

function rollback(
  state: SwitchState,
  change: Partial<NonNullable<SwitchState['rollback']>>,
  generation: number | null,
): SwitchState {
  if (state.rollback === null) return state;
  const next = { ...state, rollback: { ...state.rollback, ...change } };
  return generation === null
    ? next
    : { ...next, ...standing(state, generation), desiredPercent: 0, actualPercent: 0 };
}

function standing(
  { newestGeneration = 0 }: SwitchState,
  generation: number,
): Pick<SwitchState, 'generation' | 'newestGeneration'> {
  return { generation, newestGeneration: Math.max(newestGeneration, generation) };
}
