/** What telemetry shows of users' traffic, and all the ways in which it shows less or other than there was. */
import type { Color } from '../../../src/domain/color.ts';
import type { TrafficSlice, TrafficCounts } from '../../../src/domain/look-input.ts';
import { identityKey } from '../../../src/domain/identity.ts';
import type { TelemetryPort, TelemetryQuery } from '../../../src/ports/index.ts';
import { IDENTITY } from './colors.ts';
import type { Service } from './service.ts';

/** Requests of one window: enough to prove a healthy canary. */
const REQUESTS = 24_000;
const TIMED = 300;
const KEY = identityKey(IDENTITY);

/** Quantiles of a healthy color's latency, ms; the sick are three times as slow. */
const LATENCIES = Array.from({ length: TIMED }, (_, i) => 180 + 240 * ((i + 0.5) / TIMED) ** 4);

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
    catalogue: (color) =>
      ask('catalogue', () =>
        color === service.from
          ? { requests: 100_000, classes: { 'headers:http_5xx:503': 100 } }
          : { requests: 0, classes: {} },
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
  const fault = faults.at('telemetry', nowMs)?.how ?? null;
  const toMs = Math.min(query.toMs, nowMs);
  const empty = { fromMs: query.fromMs, toMs: query.toMs, flipBacks: 0, foreignCacheLookups: 0 };
  if (fault === 'silent' || toMs <= query.fromMs) return { ...empty, freshestMs: null, slices: [] };
  const share = shareOnTo(service, query.fromMs, toMs);
  const toRequests = Math.round(REQUESTS * share);
  const sides: [Color, number][] = [
    [service.from, REQUESTS - toRequests],
    [service.to, fault === 'torn' ? 0 : toRequests],
  ];
  const slices = sides
    .filter(([, requests]) => requests > 0)
    .map(([color, requests]) => sliceOf(service, color, requests, fault === 'lying'));
  const freshestMs = fault === 'late' ? query.fromMs + (toMs - query.fromMs) / 3 : toMs - 1;
  return { ...empty, freshestMs, slices };
}

/** Share of requests in a window that reached `to`, by what the first region served. */
function shareOnTo(service: Service, fromMs: number, toMs: number): number {
  const { history } = service.edge;
  let sum = 0;
  history.forEach(({ atMs, config }, index) => {
    const [since, until] = [Math.max(fromMs, atMs), Math.min(toMs, history[index + 1]?.atMs ?? toMs)];
    if (until <= since) return;
    const onTo = config.to === service.to ? config.weightPercent : 100 - config.weightPercent;
    sum += (until - since) * (onTo / 100);
  });
  return sum / (toMs - fromMs);
}

function sliceOf(service: Service, color: Color, requests: number, isLying: boolean): TrafficSlice {
  const side = color === service.from ? 'from' : 'to';
  const isSick = service.faults.at('sick', service.nowMs, (one) => one.side === side) !== null;
  // A liar turns it round: the healthy `to` looks sick and the sick one healthy.
  const looksSick = isLying && side === 'to' ? !isSick : isSick;
  const errors = Math.round(requests * (looksSick ? 0.3 : 0.0005));
  const timed = Math.min(TIMED, requests);
  const all = timed === TIMED ? LATENCIES : LATENCIES.filter((_, i) => i % Math.ceil(TIMED / timed) === 0);
  const warmMs = looksSick ? all.map((one) => one * 3) : all;
  return {
    color,
    region: 'eu-west',
    route: 'answer',
    requests,
    warmMs,
    warmUsableMs: warmMs,
    coldMs: [],
    errors: errors === 0 ? {} : { 'headers:http_5xx:503': errors },
    cache: { lookups: requests, hits: Math.round(requests * 0.6) },
    identities: { [KEY]: requests - errors },
    writes: { accepted: 0, frozen: 0, late: 0 },
  };
}
