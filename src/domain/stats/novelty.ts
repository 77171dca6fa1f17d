/**
 * How surprising is an error class that only green shows?
 * Invariant: without any green occurrence the p-value is 1, and without a blue catalogue it is 1 as well:
 * a class cannot be called new against nothing.
 */
import { checkCount } from './checks.ts';

/**
 * P-value of a class seen `occurrences` times in green and never in blue's catalogue.
 * If both colors produced it at the same rate, each occurrence would be green with
 * probability N_g / (N_g + N_b).
 * @param occurrences m, how often green showed the class, integer >= 0
 * @param greenRequests N_g, requests in which green could have shown it, integer >= 0
 * @param blueRequests N_b, requests behind blue's catalogue (a day of blue, not the hold window), integer >= 0
 * @returns (N_g / (N_g + N_b))^m in [0, 1]
 * @throws RangeError on a count that is not an integer >= 0
 * Source: reference 2.4 (conditional binomial with zero blue occurrences).
 */
export function noveltyPValue(occurrences: number, greenRequests: number, blueRequests: number): number {
  checkCount('occurrences', occurrences);
  checkCount('greenRequests', greenRequests);
  checkCount('blueRequests', blueRequests);
  if (occurrences === 0 || blueRequests === 0) return 1;
  return Math.exp(-occurrences * Math.log1p(blueRequests / greenRequests));
}
