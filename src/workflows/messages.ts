/**
 * The messages of a switch, for the workflow that handles them and the client that sends them. Every command
 * is a Signal, accepted with no worker alive, and an Update of the same name, which answers.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Command, CommandName } from '../domain/command.ts';
import type { Finding } from '../domain/finding.ts';
import type { Plan } from '../domain/plan.ts';
import type { SwitchState } from '../domain/state.ts';
import type { EventsPage } from './event-log.ts';

/** What a caller sends; the name is the message's own. */
export type CommandInput<N extends CommandName = CommandName> = Omit<Extract<Command, { name: N }>, 'name'>;

export const commandSignals = {
  approve: defineSignal<[CommandInput<'approve'>]>('approve'),
  pause: defineSignal<[CommandInput<'pause'>]>('pause'),
  resume: defineSignal<[CommandInput<'resume'>]>('resume'),
  rollback: defineSignal<[CommandInput<'rollback'>]>('rollback'),
  override: defineSignal<[CommandInput<'override'>]>('override'),
  tune: defineSignal<[CommandInput<'tune'>]>('tune'),
};

/** The answer is one sentence; a refused command fails the update with an ApplicationFailure of type `Refused`. */
export const commandUpdates = {
  approve: defineUpdate<string, [CommandInput<'approve'>]>('approve'),
  pause: defineUpdate<string, [CommandInput<'pause'>]>('pause'),
  resume: defineUpdate<string, [CommandInput<'resume'>]>('resume'),
  rollback: defineUpdate<string, [CommandInput<'rollback'>]>('rollback'),
  override: defineUpdate<string, [CommandInput<'override'>]>('override'),
  tune: defineUpdate<string, [CommandInput<'tune'>]>('tune'),
};

/** Name of the signal that a watching activity sends, with a `WatchProgress`, when a verdict changes in the middle of a hold. */
export const LOOK_SIGNAL = 'look';

/** Answers when preflight has ended: its findings, blocking ones included. */
export const admittedUpdate = defineUpdate<{ admitted: boolean; findings: readonly Finding[] }>('admitted');

export const statusQuery = defineQuery<SwitchState>('status');
export const eventsQuery = defineQuery<EventsPage, [from?: number]>('events');
export const planQuery = defineQuery<Plan>('plan');
