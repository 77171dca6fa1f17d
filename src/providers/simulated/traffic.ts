/** What telemetry shows of a simulated world's users: with a fault it shows less than there was. */
import {
  armTotals,
  BUILT_IN_RULE,
  blocksOf,
  countLines,
  histogramOfCounts,
  type CountedLine,
  type TrafficBlocks,
  type TrafficSums,
} from '../../domain/clusters/index.ts';
import { COLORS, type Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import { identityKey } from '../../domain/identity.ts';
import type { TrafficCounts, TrafficSlice } from '../../domain/look-input.ts';
import type { BlocksQuery, SumsQuery, TelemetryPort, TelemetryQuery } from '../../ports/index.ts';
import type { Counted, Stretches } from '../histogram-telemetry.ts';
import { UserLines, type SimulatedLine } from './user-lines.ts';
import type { SimulatedWorld } from './world.ts';

/** Nobody used the service on the first day of 1970. */
const FIRST_MS = 86_400_000;

const NO_LATENCIES = histogramOfCounts([]);

type Limits = Parameters<TelemetryPort['sums']>[1];

export class SimulatedTraffic {
  readonly #world: SimulatedWorld;
  readonly #lines: UserLines;

  constructor(world: SimulatedWorld) {
    this.#world = world;
    this.#lines = new UserLines(world);
  }

  window(query: TelemetryQuery): TrafficCounts {
    const { fromMs, toMs } = query;
    const lines = this.#seen(query);
    return {
      fromMs,
      toMs,
      freshestMs: lines.at(-1)?.atMs ?? null,
      ...countsOf(this.#world, lines),
      flipBacks: this.#world.deals?.isSticky === false ? movedUsers(lines) : 0,
    };
  }

  sums({ terms, ...query }: SumsQuery, limits: Limits): TrafficSums {
    const { startMs: fromMs, grid } = terms;
    return countLines(
      this.#seen({ ...query, fromMs, toMs: fromMs + grid.ticks * grid.tickMs }),
      terms,
      limits,
    );
  }

  blocks(color: Color, query: BlocksQuery): TrafficBlocks {
    return blocksOf(this.#seen(query), color, query);
  }

  /** One color's stretches without users, each null where nobody asked. */
  counts(
    color: Color,
    { startMs, lengthMs, count }: Stretches,
    query: Pick<TelemetryQuery, 'service' | 'regions'>,
  ): (Counted | null)[] {
    const { service, regions } = query;
    const lines = this.#seen({ service, regions, fromMs: startMs, toMs: startMs + count * lengthMs });
    const grid = { tickMs: lengthMs, blockTicks: 1, ticks: count };
    const { requests, failures, final } = armTotals(lines, color, {
      startMs,
      grid,
      // A source of counters has a query of its own.
      serverErrors: BUILT_IN_RULE,
    });
    return requests.map((n, i) =>
      n === 0 ? null : { requests: n, failures: failures[i] ?? 0, latencies: final[i] ?? NO_LATENCIES },
    );
  }

  #seen({ service, fromMs, toMs, regions }: TelemetryQuery): readonly SimulatedLine[] {
    const world = this.#world;
    if (world.hasNow('telemetry-down')) {
      throw new ProviderError('retry', 'simulated', 'telemetry: connection refused');
    }
    if (world.hasNow('telemetry-silent') || service !== world.options.service || fromMs < FIRST_MS) return [];
    const endMs = world.hasNow('telemetry-stale') ? (fromMs + toMs) / 2 : toMs;
    const lines = this.#lines.between(fromMs, toMs);
    const isOneSided = world.hasNow('one-sided');
    const { to } = world.options;
    return lines.filter(
      ({ atMs, color, region }) =>
        atMs < endMs && (regions.length === 0 || regions.includes(region)) && !(isOneSided && color === to),
    );
  }
}

interface SliceDraft extends TrafficSlice {
  requests: number;
  warm: number;
  cold: number;
  readonly errors: Record<string, number>;
  readonly identities: Record<string, number>;
  readonly writes: { accepted: number; frozen: number; late: number };
}

function countsOf(
  world: SimulatedWorld,
  lines: readonly SimulatedLine[],
): Pick<TrafficCounts, 'slices' | 'foreignCacheLookups'> {
  const { identities, to } = world.options;
  const identityOf = (color: Color): string => {
    const isOther = color === to && world.has('bad-index');
    return identityKey({ ...identities[color], ...(isOther ? { INDEX_HASH: 'sha256:other' } : {}) });
  };
  const keys = { blue: identityOf('blue'), green: identityOf('green') };
  const slices: SliceDraft[] = [];
  let foreignCacheLookups = 0;
  for (const line of lines) {
    const { color, region, route, error, write } = line;
    let slice = slices.find((one) => one.route === route && one.color === color && one.region === region);
    if (slice === undefined) slices.push((slice = emptySlice(line)));
    slice.requests += 1;
    if (line.isForeign) foreignCacheLookups += 1;
    if (write !== null) slice.writes[write] += 1;
    if (error !== null) {
      slice.errors[error] = (slice.errors[error] ?? 0) + 1;
      continue;
    }
    slice[line.cold ? 'cold' : 'warm'] += 1;
    if (write === null) slice.identities[keys[color]] = (slice.identities[keys[color]] ?? 0) + 1;
  }
  return { slices, foreignCacheLookups };
}

function emptySlice({ color, region, route }: CountedLine): SliceDraft {
  return {
    color,
    region,
    route,
    requests: 0,
    warm: 0,
    cold: 0,
    errors: {},
    identities: {},
    writes: { accepted: 0, frozen: 0, late: 0 },
  };
}

/** Users whose requests came to both colors. */
function movedUsers(lines: readonly CountedLine[]): number {
  const [onBlue, onGreen] = COLORS.map(
    (color) => new Set(lines.filter((line) => line.color === color).map(({ user }) => user)),
  );
  return [...(onBlue ?? [])].filter((user) => onGreen?.has(user) === true).length;
}
