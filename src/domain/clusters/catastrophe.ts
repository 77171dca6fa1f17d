/**
 * What is too bad to wait for: a quarter of `to` bad in every part of the newest two looks, four times `from`, over many users.
 * Invariant: a shared outage is none, and neither is one of a few users or one that a single look shows.
 */
import { binomialUpperTail } from '../stats/index.ts';
import type { Arms, Recent } from './sums.ts';

export interface CatastropheLimits {
  /** Share of `to` that must be bad in every part. */
  readonly share: number;
  /** How many times `from`'s share. */
  readonly overFrom: number;
  /** For latency: bad is slower than so many times `from`'s p95. */
  readonly overP95: number;
  /** 0: nothing is. */
  readonly level: number;
  readonly users: number;
}

export const CATASTROPHE: CatastropheLimits = {
  share: 0.25,
  overFrom: 4,
  overP95: 5,
  level: 1e-5,
  users: 5,
};

export interface Catastrophe {
  readonly isMet: boolean;
  readonly affected: number;
  /** Over distinct users, not requests. */
  readonly p: number;
}

/**
 * @param dayRate share of bad requests in the day of `from`, which stands for it once it has no users; null: unknown
 */
export function catastrophe(
  { to, from }: Arms<Recent>,
  dayRate: number | null = null,
  limits: CatastropheLimits = CATASTROPHE,
): Catastrophe {
  const { users, affected } = to;
  const p = from === null ? againstDay(to, dayRate) : overUsers(to, from);
  const isEverywhere =
    to.trials.length > 0 &&
    to.trials.every((n, i) => {
      const x = to.events[i] ?? 0;
      if (n === 0 || x < limits.share * n) return false;
      if (from === null) return dayRate !== null && limits.overFrom * dayRate * n <= x;
      return limits.overFrom * (from.events[i] ?? 0) * n <= x * (from.trials[i] ?? 0);
    });
  const isMet =
    limits.level > 0 &&
    isEverywhere &&
    affected >= limits.users &&
    affected >= limits.share * users &&
    p <= limits.level;
  return { isMet, affected, p };
}

function overUsers(to: Recent, from: Recent): number {
  if (to.affected === 0 || to.users === 0 || from.users === 0) return 1;
  return binomialUpperTail(to.affected - 1, to.affected + from.affected, to.users / (to.users + from.users));
}

/** Each user meets the day's rate as often as users of `to` ask. */
function againstDay(to: Recent, dayRate: number | null): number {
  if (dayRate === null || to.affected === 0 || to.users === 0) return 1;
  const asked = to.trials.reduce((sum, n) => sum + n, 0) / to.users;
  return binomialUpperTail(to.affected - 1, to.users, Math.min(1, 1 - (1 - dayRate) ** asked));
}
