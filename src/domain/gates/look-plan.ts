/**
 * Error levels of one look: how much of a gate's budget it may spend.
 * Invariant: over all looks of a hold and its extensions the FAIL levels of a gate sum to no more than 0.01, and the
 * PASS levels to no more than 0.05, whichever looks happen.
 */
import type { Look, LookPlan } from '../look-input.ts';
import { failAlpha, passAlpha } from '../stats/index.ts';

/** False FAILs a gate may give in one hold with its extensions. */
const FAIL_BUDGET = 0.01;
/** False PASSes a gate may give in one hold with its extensions. */
const PASS_BUDGET = 0.05;
/** The plan's default: an hour in twelve looks, two extensions. */
export const DEFAULT_PLAN: LookPlan = { looks: 12, extensions: 2 };
const LOOKS_PER_EXTENSION = 6;
/** Shares of a scheduled end, where the evidence is largest; any other look has one. */
const END_SHARES = 3;

/** Which look it is, of how many. */
type LookAsPlanned = Pick<Look, 'index' | 'planned' | 'final' | 'plan'>;

export interface LookLevels {
  /** One-sided level of a FAIL at this look. */
  readonly fail: number;
  /** One-sided level of a PASS, used at the scheduled end only. */
  readonly pass: number;
}

/**
 * Levels of one look. FAIL: 0.01 in equal shares over L + 6 E looks, a scheduled end counting three times. PASS:
 * 0.05 / (1 + E). A watch without a scheduled end (`planned` 0) spends 0.01 / (i (i + 1)) at look i, which sums to 0.01.
 * @param part share of the FAIL levels that the caller may spend, 0 to 1; the rest is spent on other questions of the gate
 * Bonferroni over looks fixed in advance; the weight of the end was chosen by simulation (docs/simulation.md).
 */
export function lookLevels(look: LookAsPlanned, part = 1): LookLevels {
  const plan = planOf(look);
  const pass = passAlpha(plan.extensions, PASS_BUDGET);
  if (look.planned === 0) {
    const fail = (FAIL_BUDGET / (look.index * (look.index + 1))) * part;
    return { fail, pass };
  }
  return { fail: shareOf(plan) * (look.final ? END_SHARES : 1) * part, pass };
}

/** One-sided level of a FAIL at the scheduled end of a hold. */
export function endLevel(plan: LookPlan): number {
  return shareOf(plan) * END_SHARES;
}

/** Level of a look that is no scheduled end. */
function shareOf({ looks, extensions }: LookPlan): number {
  // Each end's extra shares are counted as if they were looks.
  const extra = END_SHARES - 1;
  return failAlpha(looks + extra, extensions, {
    budget: FAIL_BUDGET,
    looksPerExtension: LOOKS_PER_EXTENSION + extra,
  });
}

/** An extension looks like a hold of six looks; without a plan it is taken for a part of the default one. */
function planOf(look: LookAsPlanned): LookPlan {
  const { looks, extensions } = look.plan ?? {
    looks: Math.max(look.planned, DEFAULT_PLAN.looks),
    extensions: DEFAULT_PLAN.extensions,
  };
  return { looks: Math.max(1, looks), extensions: Math.max(0, extensions) };
}
