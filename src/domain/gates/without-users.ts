/**
 * Gates on users' traffic where telemetry counts requests and knows no users.
 * Invariant: such a source alone neither fails nor proves anything. Over the limit beyond chance at two looks running is an objection,
 * which ends a hold in a question; anything less is undecided.
 */
import { asIndependent, type TotalsOfLooks, type TrafficTotals } from '../clusters/index.ts';
import type { GateClusters } from '../gate-record.ts';
import type { LookInput, TrafficWindow } from '../look-input.ts';
import { inconclusive, underpowered, type Facts, type Rule, type Ruling } from './ruling.ts';
import { sumsLimits } from './sums-terms.ts';

const NOT_OVER = 'users_unknown';
const OVER_ONCE = 'over_limit_once';
export const OVER_TWICE = 'over_limit_twice';

/** What such a source says at one look; {@link askedTwice} knows the look before it. No number of requests would prove more. */
export function seenOnce(isOver: boolean, sentence: string, facts: Facts): Ruling {
  return underpowered(isOver ? OVER_ONCE : NOT_OVER, sentence, { ...facts, power: null });
}

/** A rule over sums that is also asked of totals: of this look's, and of those of the one before. */
export function askedTwice(rule: Rule): Rule {
  return (input) => {
    const { traffic } = input;
    if (traffic?.totals === undefined) return rule(input);
    const { now, before } = traffic.totals;
    const said = rule(asLook(input, traffic, now));
    const isOver = said.reasonCodes.includes(OVER_ONCE);
    if (!isOver && !said.reasonCodes.includes(NOT_OVER)) return said;
    const wasOver =
      isOver && before !== null && rule(asLook(input, traffic, before)).reasonCodes.includes(OVER_ONCE);
    const { verdict: _verdict, reasonCodes: _codes, summary, ...facts } = said;
    const sentence = `${summary} ${sourceSaid(now.source, isOver, wasOver)}`;
    return wasOver
      ? inconclusive(OVER_TWICE, `Over the limit at two looks running: ${sentence}`, facts)
      : seenOnce(isOver, `Not decided: ${sentence}`, facts);
  };
}

/** Why it decides nothing, and what would. */
export function sourceSaid(source: string, isOver: boolean, wasOver: boolean): string {
  const over = isOver && !wasOver ? 'It was not over the limit at the look before. ' : '';
  return (
    `${over}${source} counts requests and not users: retries or a single client may be behind it, so it neither fails nor proves this gate. ` +
    'Request lines would (telemetry duckdb or clickhouse), or a custom gate.'
  );
}

/** A look whose requests are each a user of its own. */
export function asLook(input: LookInput, traffic: TrafficWindow, totals: TrafficTotals): LookInput {
  const { settings, baseline } = input;
  const sums = asIndependent(totals, (seen) => sumsLimits(seen, totals.terms, settings, baseline));
  return { ...input, traffic: { ...traffic, sums } };
}

export function totalsOf({ traffic }: LookInput): TotalsOfLooks | null {
  return traffic?.totals ?? null;
}

/** Of the record's numbers those that no user is behind. */
export function clustersWithoutUsers(clusters: GateClusters): GateClusters {
  return { ...clusters, failedBy: null, users: null, designEffect: { to: null, from: null } };
}
