/** Temporal's side: tasks, queries, sizes, and that it ends at all. */
import type { Invariant } from './ended.ts';

/** Events of one switch, each skip of the clock and each message of an operator included. */
const MOST_EVENTS = 4500;
const MOST_BYTES = 256 * 1024;

export const taskNeverFails: Invariant = function* ({ history }) {
  const [first] = history.taskFailures;
  if (first !== undefined)
    yield `${history.taskFailures.length} workflow task(s) failed: ${first.slice(0, 300)}`;
};

export const alwaysEnds: Invariant = function* ({ resort, state, service }) {
  if (resort !== 'stuck') return;
  yield (
    `it did not end after ${service.calls} port calls, a rollback and an override; stage ${state?.stage ?? '?'}, ` +
    `waits for ${state?.wait?.what ?? 'nothing'}`
  );
};

export const queriesAnswer: Invariant = function* ({ queryFailures }) {
  for (const failure of queryFailures) yield failure.slice(0, 300);
};

export const historyIsBounded: Invariant = function* ({ history }) {
  if (history.length > MOST_EVENTS) yield `${history.length} events`;
};

export const payloadsAreBounded: Invariant = function* ({ history }) {
  if (history.largestPayload > MOST_BYTES) yield `a payload of ${history.largestPayload} bytes`;
};
