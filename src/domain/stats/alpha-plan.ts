/**
 * Splits error budgets over the looks that were fixed in advance.
 * Invariant: the levels of all looks of one gate sum to no more than its budget, whichever looks happen.
 */
import { checkAlpha, checkCount } from './checks.ts';

/**
 * FAIL level of one look: budget / (looks + extensions * looksPerExtension), Bonferroni.
 * @param looks planned looks L, integer >= 1, default 12
 * @param extensions possible extensions E, integer >= 0, default 2
 * @param options budget of the gate (0.01), looksPerExtension (6)
 * @throws RangeError on an argument out of range
 * Source: reference 2.2.
 */
export function failAlpha(
  looks = 12,
  extensions = 2,
  options: { readonly budget?: number; readonly looksPerExtension?: number } = {},
): number {
  const { budget = 0.01, looksPerExtension = 6 } = options;
  checkCount('looks', looks);
  checkCount('extensions', extensions);
  checkCount('looksPerExtension', looksPerExtension);
  if (looks === 0) throw new RangeError('looks must be >= 1');
  checkAlpha(budget);
  return budget / (looks + extensions * looksPerExtension);
}

/**
 * PASS level of one scheduled end: budget / (1 + extensions).
 * @param extensions possible extensions E, integer >= 0, default 2
 * @param budget one-sided level of the whole rollout, default 0.05
 * @throws RangeError on an argument out of range
 * Source: reference 2.2.
 */
export function passAlpha(extensions = 2, budget = 0.05): number {
  checkCount('extensions', extensions);
  checkAlpha(budget);
  return budget / (1 + extensions);
}
