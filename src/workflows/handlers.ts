/**
 * Installs the message handlers. They only reduce state: the main loop acts on what they changed. Validators are plain
 * functions that throw; handlers throw ApplicationFailure only, since anything else would stall the workflow.
 */
import {
  ApplicationFailure,
  condition,
  setDefaultSignalHandler,
  setHandler,
  log,
} from '@temporalio/workflow';
import { COMMAND_NAMES, decide, type Command, type CommandName } from '../domain/command.ts';
import {
  admittedUpdate,
  commandSignals,
  commandUpdates,
  eventsQuery,
  lookSignal,
  planQuery,
  statusQuery,
  type CommandInput,
} from './messages.ts';
import { looked } from './judging.ts';
import { toProgress } from './progress.ts';
import type { SwitchRun } from './run.ts';

export function installHandlers(run: SwitchRun): void {
  for (const name of COMMAND_NAMES) installCommand(run, name);
  setHandler(lookSignal, (input: unknown) => {
    const progress = toProgress(input);
    const { hold, stage } = run.state;
    // A look of the hold under way, or of what is judged while something else is waited for.
    if (progress !== null && [hold?.step, `${stage} wait`].includes(progress.step)) looked(run, progress);
  });
  setHandler(admittedUpdate, async () => {
    await condition(() => run.state.outcome !== null || run.state.stagesPassed.includes('preflight'));
    return { admitted: run.state.stagesPassed.includes('preflight'), findings: run.state.findings };
  });
  setHandler(statusQuery, () => run.state, {
    description: 'Where the switch stands: the fold of its events',
  });
  setHandler(eventsQuery, () => run.events, { description: 'Everything that happened, oldest first' });
  setHandler(planQuery, () => run.plan, { description: 'The plan as tuned so far' });
  setDefaultSignalHandler((name, ...args) => log.warn('unknown signal ignored', { name, args: args.length }));
}

function installCommand(run: SwitchRun, name: CommandName): void {
  const toCommand = (input: unknown): Command => ({ ...known(input), name }) as Command;
  setHandler(commandSignals[name], (input: unknown) => {
    const command = toCommand(input);
    // The stock CLI sends no command id; such a signal is one command each time it is received.
    give(
      run,
      command.commandId === undefined ? { ...command, commandId: `signal-${run.events.length}` } : command,
    );
  });
  setHandler(commandUpdates[name], (input: CommandInput) => give(run, toCommand(input)), {
    validator: (input: CommandInput) => {
      const decision = decide(run.state, toCommand(input));
      if (decision.kind === 'refused') throw ApplicationFailure.nonRetryable(decision.answer, 'Refused');
    },
    description: DESCRIPTIONS[name],
  });
}

function give(run: SwitchRun, command: Command): string {
  const decision = decide(run.state, command);
  if (decision.kind === 'accepted') {
    run.emit({ type: 'commanded', command, answer: decision.answer });
    if (command.name === 'rollback') run.requestRollback(command.by, command.reason ?? 'no reason given');
  } else {
    run.emit({ type: 'command-refused', command: brief(command), answer: decision.answer });
  }
  return decision.answer;
}

/** Fields of commands; whatever else a caller sends is dropped, since what is kept stands in history. */
const FIELDS: readonly string[] = ['by', 'reason', 'commandId', 'stage', 'gate', 'hold', 'change'];

function known(input: unknown): Record<string, unknown> {
  const given = input !== null && typeof input === 'object' ? Object.entries(input) : [];
  return { by: 'signal', ...Object.fromEntries(given.filter(([field]) => FIELDS.includes(field))) };
}

/** Signals arrive unchecked: of a refused one only what a person needs to recognise it is kept. */
function brief({ name, by, commandId }: Command): Command {
  const clip = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 200) : '?');
  return { name, by: clip(by), commandId: clip(commandId) } as Command;
}

const DESCRIPTIONS: Readonly<Record<CommandName, string>> = {
  approve: 'Approve the stage that waits, or a named stage ahead of time: {by, stage?, reason?, commandId}',
  pause: 'Stop moving on; gates keep judging: {by, reason?, commandId}',
  resume: 'Go on; the hold under way starts its evidence anew: {by, reason?, commandId}',
  rollback: 'Send everybody back to the old color: {by, reason?, commandId}',
  override: 'Ignore a gate, or end the present hold or wait: {by, reason, gate? | hold?, commandId}',
  tune: 'Change holds, thresholds or steps ahead: {by, change, reason?, commandId}',
};
