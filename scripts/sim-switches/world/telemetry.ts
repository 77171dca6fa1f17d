/** What telemetry shows of users' traffic, and all the ways in which it shows less or other than there was. */
import type { Color } from '../../../src/domain/color.ts';
import type { TrafficSlice, TrafficCounts } from '../../../src/domain/look-input.ts';
import { identityKey } from '../../../src/domain/identity.ts';
import type { TelemetryPort, TelemetryQuery } from '../../../src/ports/index.ts';
import { IDENTITY } from './colors.ts';
import { dayOf, ERRORS, FAILURE, PLACE, REQUESTS, sumsOf, type Seen } from './lines.ts';
import type { Service } from './service.ts';

const KEY = identityKey(IDENTITY);

export function telemetryOf(service: Service, runId: string): TelemetryPort {
  const away = (): void => {
    if (service.faults.at('telemetry', service.nowMs, (one) => one.how === 'away') !== null)
      throw service.failure('retry', 'telemetry does not answer');
  };
  const ask = <T>(what: string, answer: () => T): Promise<T> =>
    service.call(runId, `telemetry.${what}`, () => {
      away();
      return answer();
    });
  return {
    window: (query) =>
      service.call(runId, 'telemetry.window', () => {
        try {
          away();
        } catch (cause) {
          service.ledger.note(service.nowMs, { kind: 'telemetry', runId, from: 0, to: 0 });
          throw cause;
        }
        const window = windowOf(service, query);
        const of = (color: Color): number =>
          window.slices.filter((one) => one.color === color).reduce((sum, one) => sum + one.requests, 0);
        service.ledger.note(service.nowMs, {
          kind: 'telemetry',
          runId,
          from: of(service.from),
          to: of(service.to),
        });
        return window;
      }),
    sums: ({ terms }, limits) =>
      ask('sums', () => {
        const { startMs, grid } = terms;
        return sumsOf(seenOf(service, startMs, startMs + grid.ticks * grid.tickMs), terms, limits);
      }),
    blocks: (color, query) => ask('blocks', () => dayOf(color, query)),
    catalogue: (color) =>
      ask('catalogue', () =>
        color === service.from
          ? { requests: 100_000, users: 5000, classes: { [FAILURE]: 100 } }
          : { requests: 0, users: 0, classes: {} },
      ),
    popularKeys: (_, limit) =>
      ask('popularKeys', () =>
        [1, 2, 3].map((i) => ({ key: `/answer?q=${i}`, hits: 10 - i })).slice(0, limit),
      ),
    sample: () => ask('sample', () => []),
    hourly: () =>
      ask('hourly', () => {
        const hour = 3_600_000;
        const last = Math.floor(service.nowMs / hour) * hour;
        return Array.from({ length: 168 }, (_, i) => ({
          hourMs: last - (168 - i) * hour,
          requests: 900 + (i % 24) * 10,
        }));
      }),
  };
}

function windowOf(service: Service, query: TelemetryQuery): TrafficCounts {
  const { nowMs, faults } = service;
  const toMs = Math.min(query.toMs, nowMs);
  const empty = { fromMs: query.fromMs, toMs: query.toMs, flipBacks: 0, foreignCacheLookups: 0 };
  const seen = seenOf(service, query.fromMs, toMs);
  if (seen.missing.length === 2) return { ...empty, freshestMs: null, slices: [] };
  const onTo = Math.round(REQUESTS * seen.share);
  const sides: [Color, number][] = [
    [service.from, REQUESTS - onTo],
    [service.to, onTo],
  ];
  const slices = sides
    .filter(([color, requests]) => requests > 0 && !seen.missing.includes(color))
    .map(([color, requests]) => sliceOf(color, requests, seen.looksSick[color]));
  const isLate = faults.at('telemetry', nowMs)?.how === 'late';
  const freshestMs = isLate ? query.fromMs + (toMs - query.fromMs) / 3 : toMs - 1;
  return { ...empty, freshestMs, slices };
}

/** Lines are late by when the newest of them is, not by what they show. */
function seenOf(service: Service, fromMs: number, toMs: number): Seen {
  const { nowMs, faults, from, to } = service;
  const fault = faults.at('telemetry', nowMs)?.how ?? null;
  const isSick = (side: 'from' | 'to'): boolean =>
    faults.at('sick', nowMs, (one) => one.side === side) !== null;
  // A liar turns it round: the healthy `to` looks sick and the sick one healthy.
  const looksSick = {
    blue: isSick('from'),
    green: isSick('from'),
    [to]: isSick('to') !== (fault === 'lying'),
  };
  const isNothing = fault === 'silent' || toMs <= fromMs;
  const missing = isNothing ? [from, to] : fault === 'torn' ? [to] : [];
  return { to, share: isNothing ? 0 : shareOnTo(service, fromMs, toMs), looksSick, missing };
}

/** Share of requests in a window that reached `to`, by what was written, or by the vendor's own weight. */
function shareOnTo(service: Service, fromMs: number, toMs: number): number {
  const { to, edge, vendor, scenario } = service;
  const history =
    scenario.edge === 'native'
      ? vendor.history.map((one) => ({ atMs: one.atMs, onTo: vendor.on(to, one) }))
      : edge.history.map(({ atMs, config }) => ({
          atMs,
          onTo: config.to === to ? config.weightPercent : 100 - config.weightPercent,
        }));
  let sum = 0;
  history.forEach(({ atMs, onTo }, index) => {
    const [since, until] = [Math.max(fromMs, atMs), Math.min(toMs, history[index + 1]?.atMs ?? toMs)];
    if (until > since) sum += (until - since) * (onTo / 100);
  });
  // To the thousandth: windows that differ by what a write took are the same to whoever counts them.
  return Math.round((1000 * sum) / (toMs - fromMs)) / 1000;
}

function sliceOf(color: Color, requests: number, looksSick: boolean): TrafficSlice {
  const errors = Math.round(requests * (looksSick ? ERRORS.sick : ERRORS.healthy));
  return {
    ...PLACE,
    color,
    requests,
    warm: requests - errors,
    cold: 0,
    errors: errors === 0 ? {} : { [FAILURE]: errors },
    identities: { [KEY]: requests - errors },
    writes: { accepted: 0, frozen: 0, late: 0 },
  };
}
