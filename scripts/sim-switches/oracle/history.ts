/** Temporal's side: tasks, queries, sizes, and that it ends at all. */
import type { Invariant } from './ended.ts';

/** Events of one switch, each skip of the clock and each message of an operator included. */
const MOST_EVENTS = 4500;
/** A question that nobody answers is asked again once a day; nobody may come for years of a skipped clock. */
const EVENTS_A_DAY = 8;
const DAY_MS = 86_400_000;
const MOST_BYTES = 256 * 1024;

export const taskNeverFails: Invariant = function* ({ history }) {
  const [first] = history.taskFailures;
  if (first !== undefined)
    yield `${history.taskFailures.length} workflow task(s) failed: ${first.slice(0, 300)}`;
};

export const activityHasNoBug: Invariant = function* ({ history }) {
  const [first] = history.bugs;
  if (first !== undefined) yield `${history.bugs.length} activities stumbled: ${first.slice(0, 300)}`;
};

export const alwaysEnds: Invariant = function* ({ resort, state, service, history }) {
  if (resort !== 'stuck') return;
  yield (
    `it did not end after ${service.calls} port calls, a rollback and an override; stage ${state?.stage ?? '?'}, ` +
    `waits for ${state?.wait?.what ?? 'nothing'}; its history ends with ${history.newest.join(', ')}`
  );
};

export const queriesAnswer: Invariant = function* ({ queryFailures }) {
  for (const failure of queryFailures) yield failure.slice(0, 300);
};

export const historyIsBounded: Invariant = function* ({ history, events }) {
  const days = ((events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0)) / DAY_MS;
  if (history.length > MOST_EVENTS + days * EVENTS_A_DAY)
    yield `${history.length} events in ${days.toFixed(1)} days`;
};

export const payloadsAreBounded: Invariant = function* ({ history }) {
  if (history.largestPayload > MOST_BYTES) yield `a payload of ${history.largestPayload} bytes`;
};
