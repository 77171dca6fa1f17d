/**
 * Cloudflare Workers Trace Events as Logpush delivers them.
 * Fields by the Cloudflare documentation, Logpush, dataset "Workers Trace Events"; names of files by its page on log output. Between the
 * router's events are those of other Workers of the account, of other kinds of event, and of requests that logged nothing.
 */
import type { RequestLine } from '../../../src/domain/request-line.ts';
import { compact, pathOf, type VendorFormat } from './format.ts';

export const workersTrace: VendorFormat = {
  format: 'workers-trace',
  glob: '*.log.gz',
  batch: (lines) =>
    lines
      .flatMap((line) => [event(line), ...others(line)])
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(''),
  file: ({ index, fromMs, toMs }) => ({
    name: `${compact(fromMs)}_${compact(toMs)}_${index.toString(16).padStart(8, '0')}.log.gz`,
    isPacked: true,
  }),
  told: (line) => line,
};

const about = (line: RequestLine) => ({
  CPUTimeMs: 3,
  DispatchNamespace: '',
  Entrypoint: '',
  EventTimestampMs: Date.parse(line.ts),
  Exceptions: [],
  Outcome: 'ok',
  ScriptTags: [],
  ScriptVersion: { ID: '2f1c5bb2-2f43-4f1e-8f5a-3e8e5c2b9a10', Message: '', Tag: '' },
  WallTimeMs: Math.round(line.latency_ms.tfinal),
});

const fetched = (line: RequestLine) => ({
  RayID: (line.id ?? '').replaceAll('-', '').slice(0, 16),
  Request: { Method: line.method, URL: `https://docs.example.com${pathOf(line)}` },
  Response: { Status: line.status },
});

function event(line: RequestLine): unknown {
  const atMs = Date.parse(line.ts);
  return {
    ...about(line),
    Event: fetched(line),
    EventType: 'fetch',
    Logs: [
      { Level: 'debug', Message: ['asked', { q: 1 }], TimestampMs: atMs + 1 },
      { Level: 'log', Message: [JSON.stringify(line)], TimestampMs: atMs + 2 },
    ],
    ScriptName: 'docs-router',
  };
}

/** One in ten events is another Worker's, which answers the same color and logs no line; now and then an alarm goes off. */
function others(line: RequestLine): unknown[] {
  const dice = (line.bucket ?? 0) % 10;
  if (dice === 0)
    return [{ ...about(line), Event: fetched(line), EventType: 'fetch', Logs: [], ScriptName: 'shop' }];
  if (dice === 1) return [{ ...about(line), EventType: 'alarm', Logs: [], ScriptName: 'docs-router' }];
  return [];
}
