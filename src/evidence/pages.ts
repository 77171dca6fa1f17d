/** The events of a switch in its evidence store, page by page. */
import { checkedPage, eventPage, type EventPage } from '../domain/event-page.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { EvidencePort } from '../ports/index.ts';

/** @returns the page's digest; the same events at the same place have the same one. */
export function storePage(
  store: Pick<EvidencePort, 'put'>,
  switchId: string,
  firstIndex: number,
  events: readonly SwitchEvent[],
): Promise<string> {
  return store.put(eventPage(switchId, firstIndex, events));
}

/** A page, or why it cannot be read. */
export type PageRead = { readonly digest: string } & (
  | { readonly page: EventPage }
  | { readonly cause: unknown }
);

/** @param digests oldest first, as they come back. Never throws: what a missing page means is the caller's. */
export async function readPages(
  store: Pick<EvidencePort, 'get'>,
  switchId: string,
  digests: readonly string[],
): Promise<PageRead[]> {
  const read: PageRead[] = [];
  for (const digest of digests) {
    try {
      read.push({ digest, page: checkedPage(await store.get(digest), digest, switchId) });
    } catch (cause) {
      read.push({ digest, cause });
    }
  }
  return read;
}
