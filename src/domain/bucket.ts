/**
 * Which color a request goes to: the one decision that the whole product turns on.
 *
 * Invariant: a pure function of (salt, key, weight). Only the cut-off moves while a weight rises, so the set of
 * users on `to` at a smaller weight is always a subset of the set at a larger one, up and down.
 */
import type { Color } from './color.ts';
import type { EdgeConfig } from './edge-config.ts';
import { murmur3 } from './murmur3.ts';
import type { Pin } from './pin.ts';
import type { RouteReason } from './request-line.ts';

/** Buckets are 0 to 99 999: a weight has steps of 0.001 %. */
export const BUCKETS = 100_000;

export interface Decision {
  readonly color: Color;
  readonly reason: RouteReason;
  /** Null without a sticky key. */
  readonly bucket: number | null;
}

/** What `decide` knows of one request. */
export interface DecisionInput {
  /** The sticky key (user or tenant id), whose UTF-8 is the bytes that arrived; empty means missing. */
  readonly key: string | null;
  /** A verified pin; an expired one is ignored. */
  readonly pin: Pin | null;
  /** Epoch ms. */
  readonly nowMs: number;
}

/** The part of an edge config that a decision reads. */
export type RoutingRule = Pick<EdgeConfig, 'salt' | 'from' | 'to' | 'topology' | 'weightPercent' | 'cohorts'>;

/** Nothing is normalised or folded: runtimes would do it each in their own way. @returns 0 to 99 999. */
export function bucketOf(salt: string, key: string): number {
  // h × 100 000 < 2^49 is exact in a double, and so is the division by a power of two.
  return Math.floor((murmur3(`${salt}:${key}`) * BUCKETS) / 2 ** 32);
}

/** Order: forced pin, signed cohort, bucket, `from`. */
export function decide(rule: RoutingRule, input: DecisionInput): Decision {
  const bucket = input.key === null || input.key === '' ? null : bucketOf(rule.salt, input.key);
  const pin = input.pin !== null && input.nowMs < input.pin.expMs ? input.pin : null;
  if (pin?.color !== undefined) return { color: pin.color, reason: 'pinned', bucket };
  if (pin?.cohort !== undefined && rule.cohorts.includes(pin.cohort)) {
    return { color: rule.to, reason: 'cohort', bucket };
  }
  const all = rule.weightPercent >= 100;
  // At 100 % there is no choice left to make: a request without a key must not stay on a stack that is being left.
  if (bucket === null) return { color: all ? rule.to : rule.from, reason: 'no-key', bucket };
  const weighted = rule.topology === 'weight' || all;
  return {
    color: weighted && bucket < cutOff(rule.weightPercent) ? rule.to : rule.from,
    reason: 'bucket',
    bucket,
  };
}

/** First bucket that stays on `from`. Rounded: 1.005 × 1000 is not 1005 in binary. */
export function cutOff(weightPercent: number): number {
  return Math.round(weightPercent * (BUCKETS / 100));
}
