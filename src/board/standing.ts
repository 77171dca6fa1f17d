/** Where a switch stands, in words: the headline, its stages, and what to type. A fold's picture only; nothing here decides. */
import { formatDuration } from '../domain/duration.ts';
import { STAGES, type Stage } from '../domain/stage.ts';
import type { Outcome, SwitchState } from '../domain/state.ts';
import type { Said, Tone } from './marks.ts';

/** One line saying where the switch stands. */
export function headline(state: SwitchState): string {
  if (state.outcome !== null) {
    switch (state.outcome.kind) {
      case 'completed':
        return 'completed';
      case 'refused':
        return 'refused at preflight';
      case 'rolled-back':
        return `rolled back: ${state.outcome.reason}`;
    }
  }
  if (state.rollback !== null) {
    return state.rollback.stuck === null
      ? `ROLLING BACK: ${state.rollback.reason}`
      : `ROLLBACK STUCK at ${state.rollback.stuck}; it keeps trying`;
  }
  if (state.pause !== null) return `paused in ${state.stage} by ${state.pause.by}`;
  return state.hold === null ? state.stage : `${state.stage} · ${state.hold.step}`;
}

/** What to type to answer the present wait, one command a line; empty when nothing is waited for. */
export function answersTo(state: SwitchState): string[] {
  const { wait, plan } = state;
  if (wait === null) return [];
  const { service } = plan;
  const rollback = state.pastNoReturn ? [] : [`cutover rollback ${service} --reason "…"`];
  const override = `cutover override ${service} --hold --reason "…"`;
  switch (wait.kind) {
    case 'approval':
      return [`cutover approve ${service} --stage ${wait.stage ?? state.stage}`, ...rollback];
    case 'paused':
      return [`cutover resume ${service}`, ...rollback];
    case 'question': {
      const gates = (wait.gates ?? []).map(
        (gate) => `cutover override ${service} --gate ${gate} --reason "…"`,
      );
      return [`cutover approve ${service}`, ...(gates.length > 3 ? [] : gates), override, ...rollback];
    }
    case 'sick-from':
      return rollback;
    case 'peak':
    case 'backoff':
      return [override, ...rollback];
  }
}

/** Where the user's own steps are, on one line; empty where none was tried. */
export function stepsSaid({ steps }: SwitchState): string {
  return steps.map(({ name, how }) => `${name} ${how}`).join(' · ');
}

/** When users were back, and what is not as it was, for the end of a sentence. */
export function backSaid({ restoredInMs, left }: Extract<Outcome, { kind: 'rolled-back' }>): string {
  const back =
    restoredInMs === null ? 'nobody had left' : `users were back after ${formatDuration(restoredInMs)}`;
  return left.length === 0 ? back : `${back}; NOT as before: ${left.join('; ')}`;
}

/**
 * The headline with its tone and mark.
 * @param execution Temporal's word for the run: a switch that was ended from outside does not know it itself
 */
export function standing(state: SwitchState, execution = 'RUNNING'): Said {
  const { outcome, stage } = state;
  if (outcome?.kind === 'completed') return ['good', '✔', headline(state)];
  if (outcome !== null) return ['bad', '✖', headline(state)];
  if (execution !== 'RUNNING') return ['bad', '✖', `${execution.toLowerCase()} in ${stage}`];
  if (state.rollback !== null) return ['bad', '↩', headline(state)];
  if (state.pause !== null) return ['warn', '॥', headline(state)];
  return ['accent', '▶', headline(state)];
}

/** Each stage with its mark; the one where the switch stopped is marked as such. */
export function stageMarks(state: SwitchState): { stage: Stage; tone: Tone; mark: string }[] {
  const stopped = state.outcome !== null || state.rollback !== null;
  return STAGES.map((stage) => {
    if (state.stagesPassed.includes(stage)) return { stage, tone: 'good', mark: '✔' };
    if (stage !== state.stage) return { stage, tone: 'dim', mark: '·' };
    return stopped ? { stage, tone: 'bad', mark: '✖' } : { stage, tone: 'bold', mark: '▶' };
  });
}
