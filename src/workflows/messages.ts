/**
 * The messages of a switch (DESIGN §4), for the workflow that handles them and the client that sends them. Every command
 * is a Signal, accepted with no worker alive, and an Update of the same name, which answers.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Command, CommandName } from '../domain/command.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Finding } from '../domain/finding.ts';
import type { Plan } from '../domain/plan.ts';
import type { SwitchState } from '../domain/state.ts';
import type { WatchProgress } from '../activities/api.ts';

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

/** Sent by a watching activity when a gate's verdict changes in the middle of a hold. */
export const lookSignal = defineSignal<[WatchProgress]>('look');

/** Answers when preflight has ended: its findings, blocking ones included. */
export const admittedUpdate = defineUpdate<{ admitted: boolean; findings: readonly Finding[] }>('admitted');

export const statusQuery = defineQuery<SwitchState>('status');
export const eventsQuery = defineQuery<readonly SwitchEvent[]>('events');
export const planQuery = defineQuery<Plan>('plan');
