/** Clients, minutes and a day before the switch, for tests of gates on users' traffic. */
import {
  BUILT_IN_RULE,
  blocksOf,
  type CountedLine,
  type TrafficBlocks,
} from '../../../src/domain/clusters/index.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';
import { HOUR_MS, USUAL } from './kit.ts';
import { linesOf, type Spec } from './spec-lines.ts';

export const FAILED = { ok: false, error: USUAL } as const;

/** Some of a color's requests, the same in every minute. */
export const everySo =
  (many: number) =>
  ({ atMs }: CountedLine): boolean =>
    Math.floor(atMs / 720) % many === 0;

/** Users of their own, each with so many requests from the start of the hour on. */
export function client(
  color: CountedLine['color'],
  users: number,
  requests: number,
  { everyMs, failsEvery = 1 }: { readonly everyMs: number; readonly failsEvery?: number },
): CountedLine[] {
  return Array.from({ length: users * requests }, (_, i) => {
    const at = Math.floor(i / users);
    return {
      atMs: START_MS + 60_000 + at * everyMs + (i % users),
      color,
      region: 'eu',
      route: 'answer',
      user: `client-${i % users}`,
      instance: null,
      cold: false,
      ok: true,
      error: null,
      tfinalMs: 100,
      tusableMs: null,
      cache: null,
      ...(at % failsEvery === 0 ? FAILED : {}),
    };
  });
}

const DAY_MS = 24 * HOUR_MS;

/** The day before the switch, cut as an hour's hold is. */
export function dayBefore(spec: Spec): TrafficBlocks {
  const lines = linesOf([spec], DAY_MS).map((line) => ({ ...line, atMs: line.atMs - DAY_MS }));
  return blocksOf(lines, spec.color, {
    fromMs: START_MS - DAY_MS,
    toMs: START_MS,
    blockMs: 300_000,
    sameFailureMs: 60_000,
    serverErrors: BUILT_IN_RULE,
  });
}
