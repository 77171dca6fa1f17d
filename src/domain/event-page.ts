/**
 * A switch's events as the evidence store keeps them: in pages addressed by digest, so that nothing that grows with the length of
 * a switch passes as one payload.
 */
import type { SwitchEvent } from './event.ts';

export interface EventPage {
  readonly schema: 1;
  readonly switchId: string;
  /** Position of the page's first event among all events of the switch, 0-based. */
  readonly firstIndex: number;
  readonly events: readonly SwitchEvent[];
}

export function eventPage(switchId: string, firstIndex: number, events: readonly SwitchEvent[]): EventPage {
  return { schema: 1, switchId, firstIndex, events };
}

/** @throws Error when the document is no page of that switch. */
export function checkedPage(document: unknown, digest: string, switchId: string): EventPage {
  const page = document as Partial<EventPage> | null;
  const isPage =
    typeof page === 'object' &&
    page?.schema === 1 &&
    Number.isSafeInteger(page.firstIndex) &&
    Array.isArray(page.events) &&
    page.events.every((event) => typeof (event as { type?: unknown } | null)?.type === 'string');
  if (!isPage) throw new Error(`evidence ${digest} is not a page of events`);
  if (page.switchId !== switchId) throw new Error(`evidence ${digest} holds events of another switch`);
  return page as EventPage;
}
