/**
 * One human line an event: `12:03:11 ✔ shadow: …`. Used by `start --wait`, `history`, `status`, `demo` and `rehearse`.
 * Invariant: total over all events, one line each, no control characters; times are UTC.
 */
import type { SwitchEvent } from '../../domain/event.ts';
import { noPaint, type Paint } from '../output.ts';
import { eventSaid } from '../../board/words.ts';
import { clock, oneLine } from './text.ts';

/** The event as one line, with its time (UTC). */
export function eventLine(event: SwitchEvent, paint: Paint = noPaint): string {
  const [tone, mark, what] = eventSaid(event);
  return `${paint('dim', clock(event.atMs))} ${paint(tone, mark)} ${oneLine(what)}`;
}
