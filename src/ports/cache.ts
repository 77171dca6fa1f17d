/** The user-facing cache: one namespace for each color. */
import type { Color } from '../domain/color.ts';
import type { Closable, Doubt, WriteContext } from './context.ts';

export interface CachePort extends Closable {
  /**
   * Asked in preflight: whether a purge of this color would reach what users are given. It may fill entries and removes none.
   * @param keys popular ones: path and query; may be empty
   * @throws ProviderError where the cache cannot be used at all. Absent: nothing can be tried.
   */
  check?(color: Color, keys: readonly string[], signal?: AbortSignal): Promise<readonly Doubt[]>;
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
