/** Reads the events of a switch page by page, so that a long switch can be read at all. */
import type { WorkflowHandle } from '@temporalio/client';
import type { SwitchEvent } from '../domain/event.ts';
import type { EventsPage } from '../workflows/event-log.ts';
import { eventsQuery } from '../workflows/messages.ts';

/** @param from index of the first event wanted; events before the run asked are in the evidence store and are left out */
export async function queryEvents(
  handle: Pick<WorkflowHandle, 'query'>,
  from = 0,
): Promise<readonly SwitchEvent[]> {
  const events: SwitchEvent[] = [];
  for (let next: number | null = from; next !== null;) {
    const page: EventsPage = await handle.query(eventsQuery, next);
    events.push(...page.events);
    next = page.next;
  }
  return events;
}
