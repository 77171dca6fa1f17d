/**
 * A look's sums from logs of other formats are those of the same requests as the router writes them, in all that the format can say: so
 * every gate that is asked has the same verdict.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { countLines } from '../../src/domain/clusters/index.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { instant } from '../support/vendor-logs/alb.ts';
import { NO_CACHE } from '../support/vendor-logs/format.ts';
import { attributes } from '../support/vendor-logs/otlp.ts';
import { counted, limits, QUERY, TERMS } from './drawn-lines.ts';
import { LINES } from './sums-alike.ts';

const USERS = LINES.filter(
  ({ kind, by, socket }) => kind === 'user' && by === undefined && socket === undefined,
);

async function sumsOf(format: string, text: readonly string[]) {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-formats-'));
  await writeFile(join(dir, 'a.log'), text.map((line) => `${line}\n`).join(''));
  const scope = { env: {}, service: QUERY.service };
  const port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.log'), format }, scope);
  const sums = await port.sums({ ...QUERY, terms: TERMS }, (seen) => limits(seen, TERMS));
  assert.equal(port.malformedLines, 0);
  await port.close?.();
  await rm(dir, { recursive: true });
  return sums;
}

function sumsInMemory(lines: readonly RequestLine[]) {
  return countLines(counted(lines), TERMS, (seen) => limits(seen, TERMS));
}

void describe('sums from logs of other formats', () => {
  void it('workers-trace: all of them', async () => {
    const text = LINES.map((line) =>
      JSON.stringify({
        EventType: 'fetch',
        Outcome: 'ok',
        Logs: [{ Level: 'log', Message: [JSON.stringify(line)] }],
      }),
    );
    assert.deepEqual(await sumsOf('workers-trace', text), sumsInMemory(LINES));
  });

  void it('otlp: all but lookups of the cache', async () => {
    const text = USERS.map((line, i) => {
      const startNs = BigInt(Date.parse(line.ts)) * 1_000_000n;
      const { tfinal, tusable } = line.latency_ms as Partial<RequestLine['latency_ms']> & { tfinal: number };
      const tags = attributes({
        'cutover.color': line.color,
        'http.route': line.route,
        'http.response.status_code': line.status,
        'cutover.error': line.error,
        'cloud.region': line.region,
        'service.instance.id': line.instance,
        'user.id': line.user,
        'faas.coldstart': line.cold,
      });
      if (tusable !== undefined) tags.push({ key: 'cutover.tusable_ms', value: { doubleValue: tusable } });
      const span = {
        traceId: String(i),
        spanId: 's',
        kind: 2,
        startTimeUnixNano: String(startNs),
        endTimeUnixNano: String(startNs + BigInt(Math.round(tfinal * 1e6))),
        attributes: tags,
      };
      return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    });
    // What the router refused as it should, no span tells.
    const told = USERS.map((line) => ({ ...line, cache: NO_CACHE, write: null }));
    assert.deepEqual(await sumsOf('otlp', text), sumsInMemory(told));
  });

  void it('alb: users by their address, errors by their status, no cold starts and no cache', async () => {
    const told = USERS.map((line): RequestLine => {
      const { tfinal } = line.latency_ms;
      const error = line.status === 460 ? 'client:closed' : null;
      return {
        ...line,
        route: '/v1/answer',
        user: line.user ?? '10.9.9.9',
        error,
        cold: false,
        write: null,
        cache: NO_CACHE,
        latency_ms: { tfinal } as RequestLine['latency_ms'],
      };
    });
    const text = told.map((line, i) => {
      const began = Date.parse(line.ts);
      const ended = instant(began, line.latency_ms.tfinal);
      const arn = `arn:aws:elasticloadbalancing:${line.region}:1:targetgroup/docs-${line.color}/73e`;
      return `h2 ${ended} app/docs/50d ${line.user}:${1000 + i} ${line.instance ?? '-'} 0.001 0.001 0.001 ${line.status} ${line.status} 34 366 "GET https://docs.example.com:443/v1/answer?q=${i} HTTP/2.0" "curl/7.46.0" - - ${arn} "Root=1-${i}" "-" "-" 0 ${instant(began, 0)} "forward" "-" "-" "-" "-" "-" "-" TID_${i}`;
    });
    assert.deepEqual(await sumsOf('alb', text), sumsInMemory(told));
  });
});
