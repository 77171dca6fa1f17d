/**
 * Users' requests as lines, spread evenly over a window, and what is counted of them.
 * Invariant: two windows of one length in which the same is to be seen have the same lines but for when they begin, so a day of a
 * thousand switches counts few of them.
 */
import {
  blocksOf,
  countLines,
  wholeBlocks,
  type CountedLine,
  type PartHistograms,
  type PartLimits,
  type SumsTerms,
  type TrafficBlocks,
  type TrafficSums,
} from '../../../src/domain/clusters/index.ts';
import { otherColor, type Color } from '../../../src/domain/color.ts';
import { murmur3 } from '../../../src/domain/murmur3.ts';
import type { BlocksQuery } from '../../../src/ports/index.ts';

/** Requests of one window: enough to prove a healthy canary. */
export const REQUESTS = 24_000;
export const PLACE = { region: 'eu-west', route: 'answer' } as const;
export const FAILURE = 'headers:http_5xx:503';
export const ERRORS = { healthy: 0.0005, sick: 0.3 } as const;
/** A sick color is so many times as slow. */
export const SICK_SLOWNESS = 3;
export const HIT_RATE = 0.6;
const USERS = 4000;
const KEYS = 50;

/** What is to be seen of a window. */
export interface Seen {
  readonly to: Color;
  /** Share of users on `to`, 0 to 1. */
  readonly share: number;
  readonly looksSick: Readonly<Record<Color, boolean>>;
  /** Whose lines are missing. */
  readonly missing: readonly Color[];
}

/** Latency of a healthy color at a quantile, ms. */
export function latencyAt(quantile: number): number {
  return 180 + 240 * quantile ** 4;
}

/** From 0 to 1, the same for one number and purpose always. */
function chance(purpose: number, i: number): number {
  return murmur3(String(i), purpose) / 2 ** 32;
}

const DRAWN = Array.from({ length: REQUESTS }, (_, i) => ({
  user: Math.floor(USERS * chance(1, i)),
  failsBelow: chance(2, i),
  ms: latencyAt(chance(3, i)),
  key: `/answer?q=${Math.floor(KEYS * chance(4, i))}`,
  hit: chance(5, i) < HIT_RATE,
}));
const USER_NAMES = Array.from({ length: USERS }, (_, user) => `user ${user}`);

function linesOf({ to, share, looksSick, missing }: Seen, lengthMs: number): CountedLine[] {
  const lines: CountedLine[] = [];
  for (const [i, { user, failsBelow, ms, key, hit }] of DRAWN.entries()) {
    const color = (user + 0.5) / USERS < share ? to : otherColor(to);
    if (missing.includes(color)) continue;
    const isSick = looksSick[color];
    const error = failsBelow < (isSick ? ERRORS.sick : ERRORS.healthy) ? FAILURE : null;
    const tfinalMs = isSick ? ms * SICK_SLOWNESS : ms;
    lines.push({
      atMs: (lengthMs * (i + 0.5)) / REQUESTS,
      color,
      region: PLACE.region,
      route: PLACE.route,
      user: USER_NAMES[user] ?? null,
      instance: null,
      cold: false,
      ok: error === null,
      error,
      tfinalMs,
      tusableMs: tfinalMs,
      cache: { node: PLACE.region, key, hit, ttlS: hit ? null : 3600 },
    });
  }
  return lines;
}

const passes = new Map<string, readonly PartHistograms[]>();
const sums = new Map<string, TrafficSums>();
const days = new Map<string, TrafficBlocks>();

/** Ticks of any length are counted as ticks of a minute: a hold of seconds has the sums of a longer one. */
const TICK_MS = 60_000;

export function sumsOf(
  seen: Seen,
  terms: SumsTerms,
  limits: (seen: readonly PartHistograms[]) => readonly PartLimits[],
): TrafficSums {
  const { startMs, recent, grid } = terms;
  const stretched = (ms: number): number => Math.round((ms / grid.tickMs) * TICK_MS);
  const asMinutes: SumsTerms = {
    ...terms,
    startMs: 0,
    holdMs: 0,
    grid: { ...grid, tickMs: TICK_MS },
    recent: { startMs: stretched(recent.startMs - startMs), parts: recent.parts },
    sameFailureMs: stretched(terms.sameFailureMs),
  };
  const what = JSON.stringify([seen, asMinutes]);
  const lines = (): CountedLine[] => linesOf(seen, grid.ticks * TICK_MS);
  const histograms = remembered(passes, what, () => {
    let first: readonly PartHistograms[] = [];
    countLines(lines(), asMinutes, (one) => {
      first = one;
      return [];
    });
    return first;
  });
  const asked = limits(histograms);
  const counted = remembered(sums, what + JSON.stringify(asked), () =>
    countLines(lines(), asMinutes, () => asked),
  );
  return {
    ...counted,
    terms,
    parts: counted.parts.map(({ errors, final, usable, cache, ...one }) => ({
      ...one,
      errors: { ...errors, grid },
      final: final === null ? null : { ...final, grid },
      usable: usable === null ? null : { ...usable, grid },
      cache: cache === null ? null : { ...cache, grid },
    })),
  };
}

/** All of the users on one healthy color. */
export function dayOf(color: Color, query: BlocksQuery): TrafficBlocks {
  const lengthMs = wholeBlocks(query) * query.blockMs;
  const { fromMs, blockMs, sameFailureMs, serverErrors } = query;
  const day = remembered(
    days,
    JSON.stringify([color, lengthMs, blockMs, sameFailureMs, serverErrors]),
    () => {
      const seen = { to: color, share: 1, looksSick: { blue: false, green: false }, missing: [] };
      return blocksOf(linesOf(seen, lengthMs), color, { ...query, fromMs: 0, toMs: lengthMs });
    },
  );
  return { ...day, startMs: fromMs };
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}
