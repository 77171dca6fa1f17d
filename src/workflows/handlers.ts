/**
 * Installs the message handlers. They only reduce state: the main loop acts on what they changed. Validators are plain
 * functions that throw; handlers throw ApplicationFailure only, since anything else would stall the workflow.
 */
import { ApplicationFailure, condition, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { COMMAND_NAMES, toCommand, type Command, type CommandName } from '../domain/command.ts';
import { decide } from '../domain/decide.ts';
import type { FailureType } from '../domain/failure-type.ts';
import {
  admittedUpdate,
  commandSignals,
  commandUpdates,
  eventsQuery,
  LOOK_SIGNAL,
  planQuery,
  statusQuery,
  type CommandInput,
} from './messages.ts';
import { looked } from './judging.ts';
import { toProgress } from './progress.ts';
import type { SwitchRun } from './run.ts';

/** Refused and unknown messages that leave an event each; of more than these only their number is kept. */
const MAX_NOISE = 100;

export function installHandlers(run: SwitchRun): void {
  for (const name of COMMAND_NAMES) installCommand(run, name);
  setHandler(
    admittedUpdate,
    async () => {
      await condition(() => run.state.outcome !== null || run.state.stagesPassed.includes('preflight'));
      return { admitted: run.state.stagesPassed.includes('preflight'), findings: run.state.findings };
    },
    { description: 'Answers when preflight has ended: whether users may be moved, and what it found' },
  );
  setHandler(statusQuery, () => run.state, {
    description: 'Where the switch stands: the fold of its events',
  });
  setHandler(
    eventsQuery,
    (from: unknown) => run.log.page(run.switchId, Number.isInteger(from) ? Number(from) : 0),
    {
      description: 'What happened, oldest first, a page from the given index on',
    },
  );
  setHandler(planQuery, () => run.plan, { description: 'The plan as tuned so far' });
  // The watching activity's own signal is not installed by name: the Temporal UI would offer it to people.
  setDefaultSignalHandler((name, ...args) => {
    run.signals += 1;
    if (name === LOOK_SIGNAL) took(run, args[0]);
    else if (isWorthKeeping(run)) {
      run.emit({ type: 'signal-ignored', name: name.slice(0, 100), total: run.noise });
    }
  });
}

/** A look of the hold or wait under way; anybody can send one, so only named fields of its shape are taken. */
function took(run: SwitchRun, input: unknown): void {
  const progress = toProgress(input);
  if (progress !== null && run.isWatching(progress.step)) looked(run, progress);
}

function installCommand(run: SwitchRun, name: CommandName): void {
  setHandler(
    commandSignals[name],
    (input: unknown) => {
      run.signals += 1;
      const command = toCommand(name, input);
      // The stock CLI sends no command id; such a signal is one command each time it is received.
      const commandId = (command.commandId as string | undefined) ?? `signal-${run.log.count}-${run.signals}`;
      give(run, { ...command, commandId });
    },
    { description: `${DESCRIPTIONS[name]}, without an answer` },
  );
  setHandler(
    commandUpdates[name],
    (input: CommandInput) => {
      run.updates += 1;
      return give(run, toCommand(name, input));
    },
    {
      validator: (input: CommandInput) => {
        const decision = decide(run.state, toCommand(name, input));
        if (decision.kind === 'refused')
          throw ApplicationFailure.nonRetryable(decision.answer, 'Refused' satisfies FailureType);
      },
      description: DESCRIPTIONS[name],
    },
  );
}

function give(run: SwitchRun, command: Command): string {
  const decision = decide(run.state, command);
  if (decision.kind === 'accepted') {
    run.emit({ type: 'commanded', command, answer: decision.answer });
    if (run.state.rollbackAsked !== null) run.giveUp();
  } else if (isWorthKeeping(run)) {
    run.emit({ type: 'command-refused', command: brief(command), answer: decision.answer });
  }
  return decision.answer;
}

/** Signals arrive unchecked: of a refused one only what a person needs to recognise it is kept. */
function brief({ name, by, commandId }: Command): Command {
  const clip = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 200) : '?');
  return { name, by: clip(by), commandId: clip(commandId) } as Command;
}

/** Counts a message that changes nothing. A storm of them leaves one event for each doubling. */
function isWorthKeeping(run: SwitchRun): boolean {
  run.noise += 1;
  return run.noise <= MAX_NOISE || Number.isInteger(Math.log2(run.noise));
}

const DESCRIPTIONS: Readonly<Record<CommandName, string>> = {
  approve: 'Approve the stage that waits, or a named stage ahead of time: {by, stage?, reason?, commandId}',
  pause: 'Stop moving on; gates keep judging: {by, reason?, commandId}',
  resume: 'Go on; the hold under way starts its evidence anew: {by, reason?, commandId}',
  rollback: 'Send everybody back to the old color: {by, reason?, commandId}',
  override: 'Ignore a gate, or end the present hold or wait: {by, reason, gate? | hold?, commandId}',
  tune: 'Change holds, thresholds or steps ahead: {by, change, reason?, commandId}',
};
