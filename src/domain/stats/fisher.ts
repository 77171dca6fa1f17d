/** Exact test of two shares. */
import { checkPart } from './checks.ts';
import { lgamma } from './gamma.ts';

/**
 * Fisher's exact test, one-sided: how often chance alone brings so many of all hits, or more, into the first group.
 * @param hits of the first group, integer in [0, trials]
 * @param trials of the first group
 * @param otherHits of the second one, integer in [0, otherTrials]
 * @param otherTrials of the second one
 * @returns 1 where a group has no trials
 * @throws RangeError on bad counts
 * Source: Fisher (1935), the tail of the hypergeometric distribution.
 */
export function fisherExact(hits: number, trials: number, otherHits: number, otherTrials: number): number {
  checkPart('hits', hits, 'trials', trials);
  checkPart('otherHits', otherHits, 'otherTrials', otherTrials);
  const all = hits + otherHits;
  const logAll = logChoose(trials + otherTrials, all);
  let tail = 0;
  for (let k = Math.min(all, trials); k >= hits; k -= 1) {
    if (all - k > otherTrials) break;
    tail += Math.exp(logChoose(trials, k) + logChoose(otherTrials, all - k) - logAll);
  }
  return Math.min(1, tail);
}

function logChoose(n: number, k: number): number {
  return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}
