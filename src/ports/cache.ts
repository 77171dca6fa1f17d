/** The user-facing cache: one namespace for each color. */
import type { Color } from '../domain/color.ts';
import type { Closable, WriteContext } from './context.ts';

export interface CachePort extends Closable {
  /** Empties the user-facing namespace of one color; an acknowledgement is not completion, see `verifyPurged`. */
  purge(color: Color, context: WriteContext): Promise<{ namespace: string }>;
  /** Looks the keys up in the color's namespace through every region; all must miss. */
  verifyPurged(
    color: Color,
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ checked: number; stillCached: number }>;
  /** Replays the keys to one color until each is a hit on its second read, in the namespace that the last purge named. */
  prime(
    color: Color,
    keys: readonly string[],
    context: WriteContext,
  ): Promise<{ primed: number; failed: number }>;
}
