/** What an accepted command changes in the state of a switch; `decide` has said that it is legal. */
import type { Command } from './command.ts';
import { loosened } from './loosened.ts';
import type { SwitchState } from './state.ts';
import { applyTune } from './tune.ts';

/** Repeats come within minutes; what is older is no repeat. */
const MAX_COMMAND_IDS = 500;

/** The state goes from run to run as one payload, and the board shows the newest ten. */
const MAX_LOOSENED = 20;

export function commanded(state: SwitchState, given: Command, atMs: number): SwitchState {
  const next = { ...state, commandIds: [...state.commandIds.slice(1 - MAX_COMMAND_IDS), given.commandId] };
  switch (given.name) {
    case 'approve': {
      const stage = given.stage ?? state.wait?.stage;
      return stage === undefined
        ? next
        : { ...next, approvals: [...state.approvals, { stage, by: given.by, atMs }] };
    }
    case 'pause':
      return { ...next, pause: { by: given.by, sinceMs: atMs } };
    case 'resume':
      return { ...next, pause: null };
    case 'override': {
      const { by, reason = '', gate = null } = given;
      if (state.rollback === null) return override(next, { gate, by, reason });
      const { stuck, skipped } = state.rollback;
      return stuck === null
        ? next
        : { ...next, rollback: { ...state.rollback, skipped: [...skipped, { undo: stuck, by, reason }] } };
    }
    case 'tune': {
      const what = loosened(state.plan, given.change, state.rampStep).join(', ');
      const plan = applyTune(state.plan, given.change, state.rampStep);
      if (what === '') return { ...next, plan };
      const one = { by: given.by, reason: given.reason ?? '', what };
      // An approval was given for the plan as it was; the looser one needs its own.
      return { ...next, plan, approvals: [], loosened: [...state.loosened.slice(1 - MAX_LOOSENED), one] };
    }
    case 'rollback':
      if (state.rollback !== null) return { ...next, rollback: { ...state.rollback, insisted: true } };
      return { ...next, rollbackAsked: { by: given.by, reason: given.reason ?? 'no reason given', atMs } };
  }
}

/** Of a gate, or of the wait or hold under way: that one is marked, so that one override ends it and no second is taken. */
function override(state: SwitchState, one: SwitchState['overrides'][number]): SwitchState {
  const next = { ...state, overrides: [...state.overrides, one] };
  const { wait, hold } = state;
  if (one.gate !== null) return next;
  if (wait !== null) return { ...next, wait: { ...wait, overridden: true } };
  return hold === null ? next : { ...next, hold: { ...hold, overridden: true } };
}
