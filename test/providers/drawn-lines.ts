/** Request lines of every kind, drawn the same in every run, and what the domain counts of them: for engines that count elsewhere. */
import {
  BUILT_IN_RULE,
  countedLine,
  limitsOf,
  timeUnits,
  type CountedLine,
  type PartHistograms,
  type PartLimits,
  type SumsTerms,
} from '../../src/domain/clusters/index.ts';
import { murmur3 } from '../../src/domain/murmur3.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { requestLine } from '../../src/conformance/request-lines.ts';

export const START = Date.parse('2026-03-02T10:00:00Z');
export const HOLD_MS = 900_000;
export const REGIONS = ['eu', 'us', 'ap'];
const ROUTES = ['answer', 'search', '/ä', 'note.write'];
const ERRORS = [
  'headers:http_5xx:503',
  'body:truncated',
  'headers:http_4xx:404',
  'client:abort',
  'connect:refused',
];

/** Numbers in [0, 1), the same in every run. */
function dice(seed: string): () => number {
  let n = 0;
  return () => murmur3(`${seed}/${(n += 1)}`) / 2 ** 32;
}

export function randomLines(seed: string, count: number): RequestLine[] {
  const roll = dice(seed);
  const below = (n: number): number => Math.floor(roll() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const users = Array.from({ length: 900 }, (_, i) => {
    const hash =
      murmur3(`u${i}`).toString(16).padStart(8, '0') + murmur3(`v${i}`).toString(16).padStart(8, '0');
    return {
      user: i % 10 === 0 ? `10.0.0.${i}` : i % 10 === 1 ? hash.toUpperCase() : hash,
      isOnTo: roll() < 0.3,
    };
  });
  const lines: RequestLine[] = [];
  // A log that names a route for each document has more of them than anybody judges.
  const routeOf = (): string => (roll() < 0.1 ? `/documents/${below(1000)}` : pick(ROUTES));
  while (lines.length < count) {
    const { user, isOnTo } = pick(users);
    const color = isOnTo ? ('green' as const) : ('blue' as const);
    // Some before the first tick and after the last.
    const at = START - 20_000 + 50 * below((HOLD_MS + 40_000) / 50);
    const tries = roll() < 0.05 ? 1 + below(6) : 1;
    const error = tries > 1 || roll() < 0.03 ? pick(color === 'blue' ? ERRORS.slice(0, 4) : ERRORS) : null;
    const region = pick(REGIONS);
    for (let i = 0; i < tries; i += 1) {
      const hit = roll() < 0.7 ? roll() < 0.6 : null;
      const isKept = hit === false && roll() < 0.8;
      const tfinal = 0.005 + Math.round(Math.exp(3 + 2 * roll()) * 100) / 100;
      lines.push(
        requestLine({
          ts: new Date(at + i * 30_000 * below(3)).toISOString(),
          color,
          user: roll() < 0.1 ? null : user,
          kind: roll() < 0.03 ? 'probe' : 'user',
          region: roll() < 0.02 ? pick(REGIONS) : region,
          route: routeOf(),
          instance: roll() < 0.3 ? null : `i${below(9)}`,
          cold: roll() < 0.02,
          error: i < tries - 1 || roll() < 0.5 ? error : null,
          // A failure that nobody classified, and one that is none of the color's.
          status: roll() < 0.03 ? pick([502, 501, 429, 404]) : 200,
          write: roll() < 0.02 ? 'frozen' : null,
          latency_ms: { tffb: 1, tusable: tfinal / 2, tfinal },
          cache: {
            prefix: 'p',
            key: roll() < 0.02 ? null : `/k${below(60)}`,
            hit,
            node: roll() < 0.05 ? null : pick(['eu/cdg', 'us/iad']),
            ttl_s: isKept ? pick([30, 60, 90]) : null,
          },
          ...(roll() < 0.02 ? { by: 'edge' as const } : {}),
          ...(roll() < 0.02 ? { doubt: true as const } : {}),
          ...(roll() < 0.02
            ? { socket: { event: pick(['open', 'close'] as const), bytesIn: 1, bytesOut: 1 } }
            : {}),
        }),
      );
    }
  }
  return lines;
}

/** The lines that count, as the domain wants them. */
export function counted(lines: readonly RequestLine[]): CountedLine[] {
  return lines.flatMap((line) => countedLine(line) ?? []);
}

export const TERMS: SumsTerms = {
  startMs: START,
  holdMs: HOLD_MS,
  grid: { ...timeUnits(HOLD_MS), ticks: 14 },
  to: 'green',
  from: 'blue',
  recent: { startMs: START + 540_000, parts: 6 },
  sameFailureMs: 60_000,
  serverErrors: BUILT_IN_RULE,
  known: ['headers:http_5xx:502'],
  apartBlocks: 1,
};
export const QUERY = { service: 'docs', regions: [] };
/** First usable text counts at every service, streaming or not. */
export const limits = (seen: readonly PartHistograms[], { grid, from }: SumsTerms): PartLimits[] =>
  limitsOf(seen, { grid, from }, 1.3, null).map((limit) => ({
    ...limit,
    final: limit.final === null ? null : { ...limit.final, farMs: 120 },
    usable:
      limit.final === null
        ? null
        : { ...limit.final, ownMs: { to: 30, from: 31.5 }, farMs: 60, ratios: [1, 2] },
  }));
