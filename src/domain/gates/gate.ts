/**
 * What a gate is: all of it in one file beside this one, listed in `index.ts`.
 *
 * Invariant: everything but the rule is plain data. The workflow reads a copy of what it needs from `facts.ts`, because each parked
 * switch holds its modules in memory and must not hold the statistics of every rule.
 */
import type { BuiltInGate, GateFacts, SettingFacts } from '../gate.ts';
import type { Rule } from './ruling.ts';

export interface Gate extends GateFacts {
  readonly name: BuiltInGate;
  /** The question, for people. */
  readonly asks: string;
  /** When it says `fail`, at any look. */
  readonly fails: string;
  /** When it says `pass` at the scheduled end. */
  readonly passes: string;
  /** Thresholds by their path in `GateSettings`, e.g. `deltaS.pass`. */
  readonly settings?: Readonly<Record<string, GateSetting>>;
  /** What its settings are about, where they form a block of their own in the plan. */
  readonly block?: string;
  /** Fields of the plan that it reads beside its settings, for people. */
  readonly besides?: string;
  /** A pure function of the stored input. It may throw: the verdict is then `error`. */
  readonly rule: Rule;
}

/** A threshold that a plan may set and `tune` may change. */
export interface GateSetting extends SettingFacts {
  /** As the plan would write it. */
  readonly default: number | string;
  readonly says: string;
  /** Why this default. */
  readonly why: string;
}
