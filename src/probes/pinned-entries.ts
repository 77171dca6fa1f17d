/** Asks every entry whether it follows pins, before any stage relies on it. */
import type { Color } from '../domain/color.ts';
import { ProviderError } from '../domain/errors.ts';
import { assertPinned } from '../edge/pinned.ts';
import type { ProviderScope } from '../ports/index.ts';

export interface PinnedEntry {
  readonly region: string;
  readonly fault: string | null;
  /** What to do about the fault; left out: what a pin that was not followed needs, `PIN_FIX`. */
  readonly fix?: string;
}

export const PIN_FIX =
  "give the worker the router's PIN_SECRETS as CUTOVER_PIN_SECRET, set its clock, and name the router of this service as entry";
const SILENT_FIX = 'start the router, or write where it listens as entry of the plan';

/** @throws UserError when there is no secret to sign with. */
export function askEntries(
  scope: ProviderScope,
  color: Color,
  signal: AbortSignal,
): Promise<readonly PinnedEntry[]> {
  return Promise.all(
    scope.entry.map(async ({ region, url }) => {
      try {
        await assertPinned(scope, url, { color, kind: 'probe', signal });
        return { region, fault: null };
      } catch (cause) {
        signal.throwIfAborted();
        if (!(cause instanceof ProviderError)) throw cause;
        return { region, fault: cause.message, ...(cause.kind === 'retry' ? { fix: SILENT_FIX } : {}) };
      }
    }),
  );
}
