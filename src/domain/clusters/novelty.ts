/**
 * Does `to` fail in a way `from` never did, for more users than chance and more than one moment explain?
 * Invariant: distinct users count, not failures; no client can make a class new by itself.
 */
import type { Stop } from './ruling.ts';

/** A server class that `from` showed neither in the catalogue's day nor in the hold nor in a replay. */
export interface NewClass {
  readonly name: string;
  /** Distinct users of `to` hit. */
  readonly users: number;
  /** Distinct users by block, the short one at the start included. */
  readonly byBlock: readonly number[];
  /** For each block: distinct users who met the class in a block more than `apart` blocks away from it. */
  readonly apart: readonly number[];
}

/** Distinct users at risk. */
export interface AtRisk {
  readonly to: number;
  readonly from: number;
  /** In the catalogue's day of `from`. */
  readonly day: number;
}

export interface NoveltyFinding {
  readonly name: string;
  readonly users: number;
  /** Against all users who could have met the class. */
  readonly p: number;
  /** Against those of the hold only: a cause new to both colors would have met `from` too. */
  readonly pInHold: number;
  /** Distinct users outside the strongest moment. */
  readonly outside: number;
  readonly isNew: boolean;
  readonly stoppedBy: readonly Stop[];
}

/** Level of the test on the hold's own users. */
const IN_HOLD_LEVEL = 0.05;

/** P(all `users` hit are among the `to` at risk) if the class does not care for color: C(to, u) / C(to + others, u). */
export function noveltyOfUsers(users: number, to: number, others: number): number {
  if (users > to) return 1;
  let log = 0;
  for (let i = 0; i < users; i += 1) log += Math.log((to - i) / (to + others - i));
  return Math.min(1, Math.exp(log));
}

/** @param alpha level of the look, shared by all new classes */
export function judgeNovelty(
  classes: readonly NewClass[],
  atRisk: AtRisk,
  { alpha, minUsers }: { readonly alpha: number; readonly minUsers: number },
): NoveltyFinding[] {
  return classes.map(({ name, users, byBlock, apart }) => {
    const p = noveltyOfUsers(users, atRisk.to, atRisk.from + atRisk.day);
    const pInHold = noveltyOfUsers(users, atRisk.to, atRisk.from);
    const strongest = byBlock.indexOf(Math.max(...byBlock));
    const outside = apart[strongest] ?? 0;
    const stops: readonly [Stop, boolean][] = [
      ['few', users < minUsers],
      ['users', p > alpha / classes.length || pInHold > IN_HOLD_LEVEL],
      ['moments', outside < minUsers],
    ];
    const stoppedBy = stops.filter(([, stands]) => stands).map(([stop]) => stop);
    return { name, users, p, pInHold, outside, isNew: stoppedBy.length === 0, stoppedBy };
  });
}
