/**
 * Telemetry of a source that counts requests, server errors and latencies by color, and knows no users.
 * Invariant: what such a source cannot tell is empty, never guessed. A block without data counts as one without requests: such a look asks
 * a person or decides nothing, and how fresh the source is says the rest.
 */
import {
  blockRanges,
  histogramOfCounts,
  wholeBlocks,
  type ArmTotals,
  type Histogram,
} from '../domain/clusters/index.ts';
import { COLORS, type Color } from '../domain/color.ts';
import { UserError } from '../domain/errors.ts';
import type { TrafficSlice } from '../domain/look-input.ts';
import type { TelemetryPort, TelemetryQuery } from '../ports/index.ts';

/** Stretches of time, one after the other. */
export interface Stretches {
  readonly startMs: number;
  readonly lengthMs: number;
  readonly count: number;
}

/** What one color's users asked in a stretch. */
export interface Counted {
  readonly requests: number;
  /** Server errors among them. */
  readonly failures: number;
  readonly latencies: Histogram;
}

export interface HistogramSource {
  readonly name: string;
  /** How late its numbers are at most, ms. */
  readonly lagMs: number;
  /** Whether it can be asked of some regions alone. */
  readonly byRegion: boolean;
  /**
   * One color's stretches, each null where the source has no data.
   * @param what `requests`: nobody asks for failures and latencies
   */
  read(
    color: Color,
    stretches: Stretches,
    of: Pick<TelemetryQuery, 'service' | 'regions'> & { readonly what: 'all' | 'counts' | 'requests' },
    signal?: AbortSignal,
  ): Promise<readonly (Counted | null)[]>;
  close?(): Promise<void>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Pieces of a window at most: the newest with data says how fresh telemetry is. */
const PIECES = 60;
const EMPTY = histogramOfCounts([]);
const NOTHING: Counted = { requests: 0, failures: 0, latencies: EMPTY };
/** A source that counts by color tells no region and no route. */
const EVERYWHERE = { region: 'all', route: 'all' } as const;
const NO_COUNTS = { freshestMs: null, slices: [], flipBacks: 0, foreignCacheLookups: 0 };
const FAILED = 'headers:http_5xx';

export function histogramTelemetry(source: HistogramSource): TelemetryPort {
  const read: HistogramSource['read'] = (color, stretches, query, signal) => {
    const { regions } = query;
    if (regions.length > 0 && !source.byRegion) {
      const text = `telemetry ${source.name} does not tell regions apart, and is asked of ${regions.join(', ')} alone`;
      return Promise.reject(new UserError(text, { hint: 'ramp all regions at once, or read request lines' }));
    }
    return source.read(color, stretches, query, signal);
  };
  return {
    lagMs: source.lagMs,

    async window(query, signal) {
      const { fromMs, toMs } = query;
      if (toMs <= fromMs) return { ...NO_COUNTS, fromMs, toMs };
      const count = Math.min(PIECES, Math.max(1, Math.floor((toMs - fromMs) / MINUTE_MS)));
      const pieces = { startMs: fromMs, lengthMs: (toMs - fromMs) / count, count };
      const arms = await Promise.all(
        COLORS.map((color) => read(color, pieces, { ...query, what: 'counts' }, signal)),
      );
      const newest = Math.max(...arms.map((arm) => arm.findLastIndex((one) => one !== null)));
      return {
        ...NO_COUNTS,
        fromMs,
        toMs,
        freshestMs: newest < 0 ? null : Math.ceil(fromMs + (newest + 1) * pieces.lengthMs) - 1,
        slices: COLORS.flatMap((color, i) => sliceOf(color, arms[i] ?? [])),
      };
    },

    async totals({ terms, ...query }, signal) {
      const ranges = blockRanges(terms);
      const blockMs = terms.grid.tickMs * terms.grid.blockTicks;
      const isShort = terms.grid.ticks % terms.grid.blockTicks > 0;
      const arm = async (color: Color): Promise<ArmTotals> => {
        const stretches = (part: typeof ranges, lengthMs: number): Stretches => ({
          startMs: part[0]?.fromMs ?? terms.startMs,
          lengthMs,
          count: part.length,
        });
        const [first] = ranges;
        const whole = stretches(isShort ? ranges.slice(1) : ranges, blockMs);
        const short = isShort && first !== undefined ? stretches([first], first.toMs - first.fromMs) : null;
        const all = await Promise.all(
          [short, whole].map(async (one) =>
            one === null || one.count === 0 ? [] : read(color, one, { ...query, what: 'all' }, signal),
          ),
        );
        const blocks = all.flat().map((one) => one ?? NOTHING);
        return {
          requests: blocks.map(({ requests }) => requests),
          failures: blocks.map(({ failures }) => failures),
          final: blocks.map(({ latencies }) => latencies),
        };
      };
      const [to, from] = await Promise.all([arm(terms.to), terms.from === null ? null : arm(terms.from)]);
      return { source: source.name, terms, arms: { to, from } };
    },

    sums() {
      return Promise.reject(
        new RangeError(`${source.name} counts requests and knows no users: ask its totals`),
      );
    },

    async blocks(color, query, signal) {
      const { fromMs: startMs, blockMs } = query;
      const count = wholeBlocks(query);
      const found =
        count === 0
          ? []
          : await read(color, { startMs, lengthMs: blockMs, count }, { ...query, what: 'all' }, signal);
      return {
        color,
        startMs,
        blockMs,
        blocks: Array.from({ length: count }, (_, i) => {
          const { requests, failures, latencies } = found[i] ?? NOTHING;
          return requests === 0
            ? null
            : { trials: requests, events: failures, final: latencies, usable: EMPTY };
        }),
      };
    },

    async hourly(query, signal) {
      const startMs = Math.ceil(query.fromMs / HOUR_MS) * HOUR_MS;
      const count = Math.floor((query.toMs - startMs) / HOUR_MS);
      if (count < 1 || (query.regions.length > 0 && !source.byRegion)) return [];
      const hours = { startMs, lengthMs: HOUR_MS, count };
      const arms = await Promise.all(
        COLORS.map((color) => read(color, hours, { ...query, what: 'requests' }, signal)),
      );
      return Array.from({ length: count }, (_, i) => ({
        hourMs: startMs + i * HOUR_MS,
        requests: arms.reduce((sum, arm) => sum + (arm[i]?.requests ?? 0), 0),
      })).filter(({ requests }) => requests > 0);
    },

    catalogue: () => Promise.resolve({ requests: 0, users: 0, classes: {} }),
    popularKeys: () => Promise.resolve([]),
    sample: () => Promise.resolve([]),
    close: () => source.close?.() ?? Promise.resolve(),
  };
}

/** None of a color that nobody asked. */
function sliceOf(color: Color, pieces: readonly (Counted | null)[]): TrafficSlice[] {
  const sum = (of: 'requests' | 'failures'): number => pieces.reduce((all, one) => all + (one?.[of] ?? 0), 0);
  const [requests, failures] = [sum('requests'), sum('failures')];
  if (requests === 0) return [];
  return [
    {
      color,
      ...EVERYWHERE,
      requests,
      warm: requests - failures,
      cold: 0,
      errors: failures === 0 ? {} : { [FAILED]: failures },
      identities: {},
      writes: { accepted: 0, frozen: 0, late: 0 },
    },
  ];
}
