/**
 * Design effect: how much clustered requests (one instance, one minute, one user) inflate a variance.
 * Invariant: never below 1, so clustering can only make a verdict more careful.
 */
import { checkPart, checkProbability } from './checks.ts';

/** One cluster of requests: how many, and how many of them show the event. */
export interface Batch {
  readonly hits: number;
  readonly trials: number;
}

/**
 * deff = max(1, s^2 / (p (1 - p) / mean batch size)), s^2 the variance of the batch proportions.
 * @param batches clusters; those without trials are ignored
 * @param p expected share of hits. Default: the pooled share. For p95 exceedance pass 0.05.
 * @returns n / deff is the number of independent requests the data are worth; 1 when fewer than two
 *   batches remain or p (1 - p) = 0, because then nothing can be measured
 * @throws RangeError on bad counts or p
 * Source: reference 2.3, "Design effect" (Kish 1965).
 */
export function designEffect(batches: readonly Batch[], p?: number): number {
  for (const batch of batches) checkPart('hits', batch.hits, 'trials', batch.trials);
  const used = batches.filter((batch) => batch.trials > 0);
  const trials = used.reduce((sum, batch) => sum + batch.trials, 0);
  const share = p ?? used.reduce((sum, batch) => sum + batch.hits, 0) / Math.max(1, trials);
  checkProbability('p', share);
  const count = used.length;
  const expected = (share * (1 - share) * count) / trials;
  if (count < 2 || expected === 0) return 1;
  const center = used.reduce((sum, batch) => sum + batch.hits / batch.trials, 0) / count;
  const squares = used.reduce((sum, batch) => sum + (batch.hits / batch.trials - center) ** 2, 0);
  return Math.max(1, squares / (count - 1) / expected);
}
