/**
 * What a history costs: events, bytes, and Temporal Cloud's Actions. Counted from the history alone, so flushed heartbeats and
 * queries are not in it. The server's own time-skip events are left out: a switch in real time has none.
 */
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;
type Event = temporal.api.history.v1.IHistoryEvent;

export interface HistoryCost {
  /** Without time-skip events. */
  readonly events: number;
  /** Size of those events as the server stores them. */
  readonly bytes: number;
  /** Start, search attributes, activities, timers, signals, updates; each attempt of an activity after its first is in `retries`. */
  readonly actions: number;
  /** Further attempts: the looks of holds, and the polls of waits. */
  readonly retries: number;
  readonly byType: Readonly<Record<string, number>>;
}

const ACTIONS: readonly (keyof Event)[] = [
  'workflowExecutionStartedEventAttributes',
  'upsertWorkflowSearchAttributesEventAttributes',
  'activityTaskScheduledEventAttributes',
  'timerStartedEventAttributes',
  'workflowExecutionSignaledEventAttributes',
  'workflowExecutionUpdateAcceptedEventAttributes',
];

export function costOf(history: History): HistoryCost {
  const events = (history.events ?? []).filter((event) => !isTimeSkip(event));
  const byType: Record<string, number> = {};
  for (const event of events) {
    const name = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '?';
    const short = name.replace('EventAttributes', '');
    byType[short] = (byType[short] ?? 0) + 1;
  }
  const retries = events
    .map((event) => (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1)
    .reduce((sum, attempts) => sum + attempts, 0);
  return {
    events: events.length,
    bytes: events.map(bytesOf).reduce((sum, size) => sum + size, 0),
    actions: events.filter((event) => ACTIONS.some((field) => isSet(event[field]))).length,
    retries,
    byType,
  };
}

function bytesOf(event: Event): number {
  return proto.temporal.api.history.v1.HistoryEvent.encode(event).finish().length;
}

function isTimeSkip(event: Event): boolean {
  return Object.keys(event).some(
    (key) => key.startsWith('workflowExecutionTimeSkipping') && isSet(event[key as keyof Event]),
  );
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined;
}
