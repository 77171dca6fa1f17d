/** Reads the events of a switch page by page, so that a long switch can be read at all. */
import type { WorkflowHandle } from '@temporalio/client';
import type { SwitchEvent } from '../domain/event.ts';
import type { EventsPage } from '../workflows/event-log.ts';
import { eventsQuery } from '../workflows/messages.ts';

export interface EventsRead {
  readonly switchId: string;
  readonly events: readonly SwitchEvent[];
  /** Where the next reading begins: the index, in the whole switch, of the event after these. */
  readonly next: number;
}

/** @param from index of the first event wanted; events before the run asked are in the evidence store and are left out */
export async function readEventsFrom(
  handle: Pick<WorkflowHandle, 'query'>,
  from: number,
): Promise<EventsRead> {
  const events: SwitchEvent[] = [];
  for (let start = from; ;) {
    const page: EventsPage = await handle.query(eventsQuery, start);
    events.push(...page.events);
    if (page.next === null) return { switchId: page.switchId, events, next: page.first + page.events.length };
    start = page.next;
  }
}

/** All events that the newest run of a switch has. */
export async function queryEvents(handle: Pick<WorkflowHandle, 'query'>): Promise<readonly SwitchEvent[]> {
  return (await readEventsFrom(handle, 0)).events;
}
