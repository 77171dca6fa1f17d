/** Follows a switch from outside: its new events as they come, until it has ended. */
import type { SwitchEvent } from '../domain/event.ts';
import type { Outcome, SwitchState } from '../domain/state.ts';
import { statusQuery } from '../workflows/messages.ts';
import { queryEvents } from '../client/events.ts';
import type { SwitchHandle } from '../client/start.ts';

const EVERY_MS = 250;

export interface Follower {
  readonly onEvent: (event: SwitchEvent, state: SwitchState) => void | Promise<void>;
}

/** Resolves with the outcome after its last event was told. A server or worker that is away is waited for. */
export async function follow(handle: SwitchHandle, { onEvent }: Follower): Promise<Outcome> {
  let told = 0;
  const tell = async (): Promise<void> => {
    const [events, state] = await Promise.all([queryEvents(handle), handle.query(statusQuery)]);
    for (const event of events.slice(told)) await onEvent(event, state);
    told = Math.max(told, events.length);
  };
  const ended = handle.result();
  const isOver = ended.then(
    () => true,
    () => true,
  );
  const pause = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), EVERY_MS));
  do {
    await tell().catch(() => undefined);
  } while (!(await Promise.race([isOver, pause()])));
  const outcome = await ended;
  await tell().catch(() => undefined);
  return outcome;
}
