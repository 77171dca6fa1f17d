/**
 * What the holds of a switch would have shown, from what was stored of their last looks.
 * Invariant: it only informs: a look that is gone, or that another version stored, is left out.
 */
import type { SwitchEvent } from '../domain/event.ts';
import { seenAfter, type SeenAfter } from '../domain/gates/sight-after.ts';
import { readLook, type EvidenceReader } from './looks.ts';

export interface HoldTold {
  readonly step: string;
  /** Null: users failed it. */
  readonly seen: SeenAfter | null;
}

/** A switch that restarts its holds for days is told by its last ones, and nobody waits long for what only informs. */
const MOST_HOLDS = 30;
const LONGEST_MS = 20_000;

export async function toldByHolds(
  store: EvidenceReader,
  events: readonly SwitchEvent[],
): Promise<HoldTold[]> {
  const told: HoldTold[] = [];
  const endMs = Date.now() + LONGEST_MS;
  for (const { step, evidence } of lastLooks(events).slice(-MOST_HOLDS)) {
    if (Date.now() > endMs) break;
    const look = await readLook(store, evidence).catch(() => null);
    if (!look?.input.traffic?.sums) continue;
    const seen = seenAfter(look.input);
    // In shadow nobody is on `to`.
    if (seen?.requests.to === 0) continue;
    told.push({ step, seen });
    // A worker does other things as well.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return told;
}

function lastLooks(events: readonly SwitchEvent[]): { readonly step: string; readonly evidence: string }[] {
  const looks: { step: string; evidence: string }[] = [];
  let last: { step: string; evidence: string } | null = null;
  for (const event of events) {
    if (event.type === 'looked' && event.evidence !== '') last = event;
    if (event.type !== 'hold-ended') continue;
    if (last?.step === event.step) looks.push({ step: last.step, evidence: last.evidence });
    last = null;
  }
  return looks;
}
