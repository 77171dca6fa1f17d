/**
 * Pauses between tries of the same thing, so that those who lost to each other do not meet again.
 * @returns ms before try `attempt + 1` (`attempt` from 1): doubling from `baseMs` up to `capMs`, of which a random half to whole.
 */
export function backoffMs(
  attempt: number,
  { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  random: () => number = Math.random,
): number {
  const longest = Math.min(capMs, baseMs * 2 ** (attempt - 1));
  return longest * (0.5 + random() / 2);
}
