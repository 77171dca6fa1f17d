/**
 * Server spans as the file exporter of the OpenTelemetry Collector writes them: one export request a line, files rotated by size.
 * Fields by the OpenTelemetry protocol's JSON encoding and the semantic conventions "HTTP spans", "Resource" and "User"; nothing in them
 * is made for cutover.
 */
import { createHash } from 'node:crypto';
import type { RequestLine } from '../../../src/domain/request-line.ts';
import { addressOf, agentOf, pathOf, withoutRouter, type VendorFormat } from './format.ts';

const SERVER = 2;
const ERROR = 2;
/** Batches in a file. */
const MOST_IN_A_FILE = 20;

export const otlp: VendorFormat = {
  format: 'otlp',
  glob: '*.json',
  batch: (lines) => (lines.length === 0 ? '' : `${JSON.stringify(request(lines))}\n`),
  file: ({ index }) => ({ name: `spans-${Math.floor(index / MOST_IN_A_FILE)}.json`, isPacked: false }),
  told(line) {
    if (line.by === 'edge') return null;
    const { status } = line;
    return { ...withoutRouter(line), error: null, status };
  },
};

/** A resource for each instance of each color. */
function request(lines: readonly RequestLine[]): unknown {
  const resources = new Map<string, RequestLine[]>();
  for (const line of lines) {
    const key = JSON.stringify([line.color, line.release, line.region, line.instance]);
    resources.set(key, [...(resources.get(key) ?? []), line]);
  }
  const resourceSpans = Array.from(resources.values(), (spans) => ({
    resource: {
      attributes: attributes({
        'service.name': spans[0]?.service,
        'service.version': spans[0]?.by === 'edge' ? undefined : spans[0]?.release,
        'service.instance.id': spans[0]?.instance,
        'cloud.region': spans[0]?.region,
        'telemetry.sdk.language': 'nodejs',
      }),
    },
    scopeSpans: [
      {
        scope: { name: '@opentelemetry/instrumentation-http', version: '0.200.0' },
        spans: spans.map((line) => span(line)),
      },
    ],
  }));
  return { resourceSpans };
}

function span(line: RequestLine): unknown {
  const beganNs = BigInt(Date.parse(line.ts)) * 1_000_000n;
  const digest = createHash('sha256')
    .update(line.id ?? line.ts)
    .digest('hex');
  const [path = '', query] = pathOf(line).split('?');
  return {
    traceId: digest.slice(0, 32),
    spanId: digest.slice(32, 48),
    parentSpanId: '',
    flags: 257,
    name: `${line.method} ${line.route}`,
    kind: SERVER,
    startTimeUnixNano: String(beganNs),
    endTimeUnixNano: String(beganNs + BigInt(Math.round(line.latency_ms.tfinal * 1e6))),
    attributes: attributes({
      'http.request.method': line.method,
      'http.route': line.route,
      'url.scheme': 'https',
      'url.path': path,
      'url.query': query,
      'http.response.status_code': line.status,
      'client.address': addressOf(line.user),
      'user.id': line.user,
      'user_agent.original': agentOf(line),
      'faas.coldstart': line.cold,
      'error.type': line.status >= 500 ? String(line.status) : undefined,
    }),
    status: line.status >= 500 ? { code: ERROR } : {},
  };
}

interface Attribute {
  readonly key: string;
  readonly value: object;
}

/** Numbers are whole ones. Without those that are not there. */
export function attributes(
  all: Readonly<Record<string, string | number | boolean | null | undefined>>,
): Attribute[] {
  return Object.entries(all).flatMap(([key, value]): Attribute[] => {
    if (value === undefined || value === null) return [];
    if (typeof value === 'number') return [{ key, value: { intValue: String(value) } }];
    return [{ key, value: typeof value === 'boolean' ? { boolValue: value } : { stringValue: value } }];
  });
}
