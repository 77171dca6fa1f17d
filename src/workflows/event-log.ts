/**
 * The events of a switch. Those of this run are in memory; what a run before it left behind is in the evidence store, page by page.
 * Nothing here may grow into one payload: queries and reports take pages.
 */
import type { SwitchEvent } from '../domain/event.ts';

/** Bytes of JSON in a page, far below the 2 MB that a payload may have. */
const PAGE_BYTES = 256_000;

/** Longest text and list that an event keeps: what a stranger sends must not fill history. */
const MAX_TEXT = 2000;
const MAX_LIST = 200;

export interface EventsPage {
  readonly switchId: string;
  /** Index of the first event of this page, from the start of the switch. */
  readonly first: number;
  readonly events: readonly SwitchEvent[];
  /** Where the next page begins; null when this is the newest. */
  readonly next: number | null;
  /** Evidence digests of the pages before the oldest event that this run has. */
  readonly stored: readonly string[];
}

/** What a run hands to the run that continues it. */
export interface StoredEvents {
  readonly count: number;
  readonly digests: readonly string[];
}

export class EventLog {
  readonly #events: SwitchEvent[];
  /** Index of the first event in memory. */
  readonly #first: number;
  #stored: StoredEvents;
  #storing: Promise<unknown> = Promise.resolve();

  constructor(before: StoredEvents = { count: 0, digests: [] }, rest: readonly SwitchEvent[] = []) {
    this.#events = [...rest];
    this.#first = before.count;
    this.#stored = before;
  }

  /** Events of this run. */
  get events(): readonly SwitchEvent[] {
    return this.#events;
  }

  /** Events of the whole switch so far. */
  get count(): number {
    return this.#first + this.#events.length;
  }

  add(event: SwitchEvent): SwitchEvent {
    const kept = bounded(event) as SwitchEvent;
    this.#events.push(kept);
    return kept;
  }

  page(switchId: string, from: number): EventsPage {
    const start = Math.max(0, Math.min(from - this.#first, this.#events.length));
    const events = firstPage(this.#events, start);
    const end = start + events.length;
    return {
      switchId,
      first: this.#first + start,
      events,
      next: end < this.#events.length ? this.#first + end : null,
      stored: this.#first > 0 ? this.#stored.digests : [],
    };
  }

  /**
   * The newest events that are not stored, in at most `maxBytes`, for the next run. What does not fit is lost: a switch does not end
   * because its evidence store is away.
   */
  newest(maxBytes: number): { stored: StoredEvents; rest: readonly SwitchEvent[]; lost: number } {
    const unstored = this.#events.slice(this.#stored.count - this.#first);
    let [lost, bytes] = [0, bytesOf(unstored)];
    for (const event of unstored) {
      if (bytes <= maxBytes) break;
      bytes -= bytesOf([event]);
      lost += 1;
    }
    const count = this.#stored.count + lost;
    return { stored: { ...this.#stored, count }, rest: unstored.slice(lost), lost };
  }

  /** Stores page by page until at most `keepBytes` are left, and says what is stored and what is left. */
  store(
    keepBytes: number,
    append: (firstIndex: number, events: readonly SwitchEvent[]) => Promise<string>,
  ): Promise<{ stored: StoredEvents; rest: readonly SwitchEvent[] }> {
    // One after the other: two at once would store the same page twice.
    const stored = this.#storing.then(() => this.#store(keepBytes, append));
    this.#storing = stored.catch(() => undefined);
    return stored;
  }

  async #store(
    keepBytes: number,
    append: (firstIndex: number, events: readonly SwitchEvent[]) => Promise<string>,
  ): Promise<{ stored: StoredEvents; rest: readonly SwitchEvent[] }> {
    for (;;) {
      const rest = this.#events.slice(this.#stored.count - this.#first);
      if (rest.length === 0 || bytesOf(rest) <= keepBytes) return { stored: this.#stored, rest };
      const events = firstPage(rest, 0);
      const digest = await append(this.#stored.count, events);
      this.#stored = {
        count: this.#stored.count + events.length,
        digests: [...this.#stored.digests, digest],
      };
    }
  }
}

/** As many events as fit, at least one. */
function firstPage(events: readonly SwitchEvent[], start: number): readonly SwitchEvent[] {
  let [end, bytes] = [start, 0];
  for (; end < events.length; end += 1) {
    bytes += JSON.stringify(events[end]).length;
    if (bytes > PAGE_BYTES && end > start) break;
  }
  return events.slice(start, end);
}

function bytesOf(events: readonly SwitchEvent[]): number {
  return events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
}

function bounded(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… (${value.length} characters)` : value;
  }
  if (Array.isArray(value)) return value.slice(0, MAX_LIST).map(bounded);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bounded(one)]));
}
