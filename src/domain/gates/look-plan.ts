/**
 * Error levels of one look: how much of a gate's budget it may spend.
 * Invariant: over all looks of a hold and its extensions the FAIL levels of a gate sum to no more than 0.01, and the
 * PASS levels to no more than 0.05, whichever looks happen.
 */
import type { Look } from '../gate.ts';
import { failAlpha, passAlpha } from '../stats/index.ts';

/** False FAILs a gate may give in one hold with its extensions (reference §2.2). */
export const FAIL_BUDGET = 0.01;
/** False PASSes a gate may give in one hold with its extensions. */
export const PASS_BUDGET = 0.05;
/** Extensions assumed when the input does not name them: the plan's default. */
const DEFAULT_EXTENSIONS = 2;

export interface LookLevels {
  /** One-sided level of a FAIL at this look. */
  readonly fail: number;
  /** One-sided level of a PASS, used at the scheduled end only. */
  readonly pass: number;
  /** Level of a FAIL by an e-value, which is valid at every look at once. */
  readonly anytime: number;
}

/**
 * Levels of one look: FAIL 0.01 / (L + 6 E), PASS 0.05 / (1 + E), e-value 0.01 / (1 + E) since each extension starts
 * its evidence anew. A watch without a scheduled end (`planned` 0) spends 0.01 / (i (i + 1)) at look i, which sums to 0.01.
 * Source: reference §2.2.
 */
export function lookLevels(look: Look): LookLevels {
  const { looks, extensions } = look.plan ?? { looks: look.planned, extensions: DEFAULT_EXTENSIONS };
  const fail =
    looks > 0
      ? failAlpha(looks, extensions, { budget: FAIL_BUDGET })
      : FAIL_BUDGET / (look.index * (look.index + 1));
  return { fail, pass: passAlpha(extensions, PASS_BUDGET), anytime: FAIL_BUDGET / (1 + extensions) };
}
