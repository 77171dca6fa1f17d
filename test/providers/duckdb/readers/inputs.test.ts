/** Logs as people have them, a file each: what is read out of it, or the one line that says why nothing is. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { telemetryFindings } from '../../../../src/activities/inspect/telemetry.ts';
import { duckdbTelemetry } from '../../../../src/providers/duckdb/index.ts';
import { read } from './kit.ts';

const FILES = join(import.meta.dirname, 'files');
const START = Date.parse('2026-03-02T10:00:00Z');
/** CloudFront's first request began 20 ms before it was answered. */
const query = { service: 'docs', fromMs: START - 1000, toMs: START + 60_000, regions: [] };

interface Told {
  readonly blue: number;
  readonly green: number;
  readonly freshestMs: number | null;
  /** Why lines were left, with their numbers. */
  readonly reasons: Readonly<Record<string, number>>;
  /** What preflight says of it. */
  readonly finding: string | null;
}

async function told(name: string, options: Readonly<Record<string, unknown>> = {}): Promise<Told> {
  const ref = { use: 'duckdb', path: join(FILES, name), ...options };
  const port = duckdbTelemetry(ref, { env: {}, service: 'docs' });
  const counts = await port.window(query);
  await port.close?.();
  const of = (color: string): number =>
    counts.slices.filter((slice) => slice.color === color).reduce((sum, slice) => sum + slice.requests, 0);
  const [finding] = telemetryFindings(counts, { use: 'duckdb', lagMs: 0, knowsUsers: true });
  const { freshestMs, unread } = counts;
  return {
    blue: of('blue'),
    green: of('green'),
    freshestMs,
    reasons: unread?.reasons ?? {},
    finding: finding?.severity === 'blocking' ? finding.message : null,
  };
}

const none = (why: string): RegExp => new RegExp(`10 lines read, none is a request line: 10 × ${why}`);

void describe('a log of somebody', () => {
  void it('of Workers Trace Events has the router’s ten lines, and none without its format (D2)', async () => {
    const name = 'workers-trace-events.log';
    const freshestMs = START + 9000;
    const read = { blue: 5, green: 5, freshestMs, reasons: {}, finding: null };
    assert.deepEqual(await told(name, { format: 'workers-trace' }), read);
    assert.match((await told(name)).finding ?? '', none('no request line'));
  });

  void it('that is packed is the log (D2)', async () => {
    const freshestMs = START + 9000;
    const read = { blue: 5, green: 5, freshestMs, reasons: {}, finding: null };
    assert.deepEqual(await told('edge.ndjson.gz'), read);
  });

  void it('of CloudFront is judged by the names of its distributions, and says that it names no color (D2)', async () => {
    const name = 'cloudfront-standard.log';
    const colors = { blue: 'd1.cloudfront', green: 'd2.cloudfront' };
    const read = { blue: 10, green: 0, freshestMs: START + 8980, reasons: {}, finding: null };
    assert.deepEqual(await told(name, { format: 'cloudfront', colors }), read);
    assert.match(
      (await told(name, { format: 'cloudfront' })).finding ?? '',
      none('no color in cs\\(Host\\)'),
    );
  });

  void it('of Vercel’s platform tells no duration, and says so (D2)', async () => {
    const { finding, reasons } = await told('vercel-drain.ndjson', { format: 'vercel' });
    assert.match(finding ?? '', none('a log of the platform, which tells no duration'));
    assert.deepEqual(reasons, { 'a log of the platform, which tells no duration': 10 });
  });

  void it('of Cloudflare’s requests is read by the fields that the plan names: epochs in ns, a span in ms (D2)', async () => {
    const name = 'cloudflare-http-requests.log';
    const fields = {
      ts: 'EdgeStartTimestamp',
      id: 'RayID',
      color: 'ClientRequestHost',
      status: 'EdgeResponseStatus',
      user: 'ClientIP',
      'latency_ms.tfinal': 'OriginResponseDurationMs',
    };
    const colors = { blue: 'docs.example', green: 'docs-next.example' };
    const read = { blue: 10, green: 0, freshestMs: START + 9000, reasons: {}, finding: null };
    assert.deepEqual(await told(name, { format: 'fields', fields, colors }), read);
    assert.match((await told(name)).finding ?? '', none('no request line'));
  });

  void it('of the OpenTelemetry SDK has its server spans, our probe told from users, a failure by its status', async () => {
    const lines = (await readFile(join(FILES, 'otlp-node-sdk.json'), 'utf8')).trim().split('\n');
    const found = read('otlp', lines);
    assert.deepEqual(
      found.lines.map((line) => [line.kind, line.color, line.route, line.status, line.user, line.user_by]),
      [
        ['user', 'green', '/v1/answer', 200, 'u1', 'key'],
        ['user', 'green', '/v1/answer', 200, 'u2', 'key'],
        ['user', 'green', '/broken', 503, 'u2', 'key'],
        ['probe', 'green', '/v1/answer', 200, '127.0.0.1', 'address'],
        // Its socket was destroyed before the answer: the instrumentation tells the status that was to be.
        ['user', 'green', '/gone', 200, '127.0.0.1', 'address'],
      ],
    );
    assert.ok(found.lines.every(({ latency_ms: { tfinal } }) => tfinal > 0 && tfinal < 5000));
    assert.deepEqual(new Set(found.left), new Set(['a span of no server']), 'the spans of the client');
  });

  void it('with a latency that is no number loses that line, by name, and no other (D3)', async () => {
    const reasons = { 'no readable latency_ms.tfinal': 1 };
    const read = { blue: 2, green: 0, freshestMs: START, reasons, finding: null };
    assert.deepEqual(await told('nan.ndjson'), read);
  });

  void it('with an offset in its times is of the hour that it means (D1)', async () => {
    const read = { blue: 1, green: 0, freshestMs: START + 1000, reasons: {}, finding: null };
    assert.deepEqual(await told('offset.ndjson'), read);
  });
});
