/** Telemetry from CloudWatch, by answers in the form that its documentation gives: counts by the minute, ranks as counts, pages, faults. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { totalsPortSuite } from '../../src/conformance/telemetry-totals.ts';
import { addHistograms, countTotals, p95Ms, type CountedLine } from '../../src/domain/clusters/index.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { pointsOf, type Asks } from '../../src/providers/cloudwatch/metrics.ts';
import { cloudwatchSource, type Metrics } from '../../src/providers/cloudwatch/source.ts';
import { histogramTelemetry } from '../../src/providers/histogram-telemetry.ts';
import { documentedCloudwatch, METRICS } from './documented-cloudwatch.ts';
import { hourOfLines } from './hour-of-lines.ts';
import { recordOf, termsAt, totalsOf } from './judged-hour.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-03-02T10:00:00Z');
const LINES = hourOfLines(START, 0.01);

function portOf(client: Asks, more: Partial<Metrics> = {}): TelemetryPort {
  return histogramTelemetry(
    cloudwatchSource(client, { ...METRICS, failures: [...METRICS.failures], ...more }),
  );
}

function over(lines: readonly CountedLine[], more: Partial<Metrics> = {}): TelemetryPort {
  return portOf(documentedCloudwatch(lines), more);
}

totalsPortSuite('cloudwatch', async () => ({
  port: over(LINES),
  query: { service: 'docs', fromMs: START, toMs: START + HOUR, regions: [] },
  close: async () => {},
}));

void describe('telemetry from CloudWatch', () => {
  void it('counts each block of the lines that its metrics were made of, to the last request', async () => {
    for (const looks of [3, 12]) {
      const { arms } = await totalsOf(START, over(LINES), looks);
      const wanted = countTotals(LINES, termsAt(START, looks), 'lines').arms;
      for (const side of ['to', 'from'] as const) {
        const [one, other] = [arms[side], wanted[side]];
        assert.ok(one !== null && other !== null);
        assert.deepEqual([one.requests, one.failures], [other.requests, other.failures]);
        const [p95, exact] = [one, other].map(({ final }) => p95Ms(addHistograms(final)));
        assert.ok(Math.abs((p95 ?? 0) / (exact ?? 1) - 1) < 0.03, `p95 ${p95} and ${exact}`);
      }
    }
  });

  void it('a hold that began within a minute counts that minute where its middle lies', async () => {
    const startMs = START + 20_000;
    const { arms } = await totalsOf(startMs, over(LINES), 12);
    const wanted = countTotals(LINES, termsAt(START, 12), 'lines').arms.to.requests;
    // The first minute of the hour has its middle in the hold, and the last whole one of the hold ends in its last block.
    assert.deepEqual(arms.to.requests.slice(0, -1), wanted.slice(0, -1));
  });

  void it('judges like any source without users: neither passed nor failed, asked about when over the limit twice', async () => {
    const healthy = await recordOf(START, over(LINES), 'error-rate', 12);
    assert.deepEqual(healthy.reasonCodes, ['underpowered', 'users_unknown'], healthy.summary);
    const failing = await recordOf(START, over(hourOfLines(START, 0.05)), 'error-rate', 12);
    assert.deepEqual(
      [failing.verdict, ...failing.reasonCodes],
      ['inconclusive', 'over_limit_twice'],
      failing.summary,
    );
    assert.match(failing.summary, /cloudwatch counts requests and not users/);
    const slow = LINES.map((line) =>
      line.color === 'green' ? { ...line, tfinalMs: 1.6 * line.tfinalMs } : line,
    );
    const slower = await recordOf(START, over(slow), 'latency', 12);
    assert.deepEqual(slower.reasonCodes, ['over_limit_twice'], slower.summary);
  });

  void it('asks ranks in the unit of the metric, and none where none is named', async () => {
    const stats = async (more: Partial<Metrics>): Promise<string[]> => {
      const client = documentedCloudwatch(LINES);
      await totalsOf(START, portOf(client, more), 1);
      return (client.asked[0] ?? []).map(({ MetricStat }) => MetricStat?.Stat ?? '');
    };
    assert.ok((await stats({})).includes('PR(:0.005)'));
    assert.ok((await stats({ latencyUnit: 'ms' })).includes('PR(:5)'));
    assert.deepEqual(await stats({ latency: undefined }), ['Sum', 'Sum']);
  });

  void it('tells no latencies of a metric that was put as statistics: they have no ranks', async () => {
    const client = documentedCloudwatch(LINES);
    const without: typeof client = {
      asked: client.asked,
      async send(command) {
        const answer = await client.send(command);
        const ranks = (command.input.MetricDataQueries ?? []).filter(({ MetricStat }) =>
          MetricStat?.Stat?.startsWith('PR('),
        );
        const ids = new Set(ranks.map(({ Id }) => Id));
        return { ...answer, MetricDataResults: answer.MetricDataResults?.filter(({ Id }) => !ids.has(Id)) };
      },
    };
    const { arms } = await totalsOf(START, portOf(without), 1);
    assert.ok((arms.to.requests[0] ?? 0) > 0);
    assert.ok(
      arms.to.final.every((one) => one.counts.length === 0),
      JSON.stringify(arms.to.final[0]),
    );
  });

  void it('reads hours of two weeks by the hour', async () => {
    const client = documentedCloudwatch(LINES);
    const range = { service: 'docs', regions: [], fromMs: START - 14 * 24 * HOUR, toMs: START + HOUR };
    const hours = await portOf(client).hourly(range);
    assert.deepEqual(
      hours.map(({ hourMs }) => hourMs),
      [START - HOUR, START],
    );
    assert.deepEqual([...new Set(client.asked.flat().map(({ MetricStat }) => MetricStat?.Period))], [3600]);
  });

  void it('more statistics than a call may hold are asked in several', async () => {
    const client = documentedCloudwatch(LINES);
    const many = Array.from({ length: 1100 }, () => ({ metric: METRICS.requests, stat: 'Sum' }));
    const asked = {
      namespace: METRICS.namespace,
      dimensions: METRICS.dimensions.blue,
      periodS: 3600,
      fromMs: START,
      toMs: START + HOUR,
    };
    const points = await pointsOf(client, many, asked);
    assert.equal(points.length, 1100);
    assert.ok(points.every((one) => one.get(START) === points[0]?.get(START)));
    assert.ok(client.asked.every(({ length }) => length <= 500));
  });
});

void describe('what CloudWatch refuses', () => {
  const failing = (name: string, status?: number): Asks => ({
    send: async () => {
      const metadata = status === undefined ? {} : { $metadata: { httpStatusCode: status } };
      throw Object.assign(new Error('told by the service'), { name, ...metadata });
    },
  });
  const faultOf = async (client: Asks): Promise<ProviderError> => {
    try {
      await totalsOf(START, portOf(client), 3);
    } catch (cause) {
      if (cause instanceof ProviderError) return cause;
      throw cause;
    }
    return assert.fail('no fault');
  };

  for (const [name, status, kind, says] of [
    ['ThrottlingException', 400, 'retry', /throttles/],
    ['AccessDenied', 403, 'fatal', /needs cloudwatch:GetMetricData/],
    ['ExpiredToken', 403, 'fatal', /credentials/],
    ['InternalServiceFault', 500, 'retry', /told by the service/],
    ['InvalidParameterValue', 400, 'fatal', /told by the service/],
    ['TimeoutError', undefined, 'retry', /told by the service/],
  ] as const) {
    void it(`${name} is ${kind}`, async () => {
      const fault = await faultOf(failing(name, status));
      assert.equal(fault.kind, kind);
      assert.match(fault.message, says);
    });
  }

  void it('an answer that is not whole by its own word is none', async () => {
    const client = (StatusCode: 'InternalError' | 'Forbidden'): Asks => ({
      send: async () => ({
        MetricDataResults: [{ Id: 'q0', StatusCode, Messages: [{ Code: 'x', Value: 'said why' }] }],
      }),
    });
    assert.equal((await faultOf(client('InternalError'))).kind, 'retry');
    const forbidden = await faultOf(client('Forbidden'));
    assert.equal(forbidden.kind, 'fatal');
    assert.match(forbidden.message, /Forbidden: said why/);
  });
});
