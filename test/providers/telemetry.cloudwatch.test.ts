/** Telemetry from a CloudWatch that runs here (ministack), by the official client: counts; it has no percentile ranks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutMetricDataCommand, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import { totalsPortSuite } from '../../src/conformance/telemetry-totals.ts';
import { BUILT_IN_RULE, countTotals, isServerError } from '../../src/domain/clusters/index.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { provider } from '../../src/providers/cloudwatch/index.ts';
import { sharedCloudwatch } from '../support/cloudwatch-server.ts';
import { METRICS } from './documented-cloudwatch.ts';
import { hourOfLines } from './hour-of-lines.ts';
import { recordOf, termsAt, totalsOf } from './judged-hour.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const START = Math.floor((Date.now() - 3 * HOUR) / HOUR) * HOUR;
const LINES = hourOfLines(START, 0.05);
/** Data of one call at most. */
const AT_ONCE = 150;

const { client, env } = await sharedCloudwatch();

function portOf(): TelemetryPort {
  const { latency: _none, ...metrics } = METRICS;
  const scope = {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [],
    colorUrls: { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:2' },
    env,
  } as const;
  return provider.telemetry?.({ use: 'cloudwatch', ...metrics }, scope, {}) ?? assert.fail('no telemetry');
}

const minutes = new Map<string, MetricDatum>();
for (const line of LINES) {
  const atMs = Math.floor(line.atMs / MINUTE) * MINUTE;
  const names =
    line.error !== null && isServerError(line.error, BUILT_IN_RULE) ? ['Requests', 'Failures'] : ['Requests'];
  for (const MetricName of names) {
    const key = `${MetricName} ${line.color} ${atMs}`;
    const { Value = 0 } = minutes.get(key) ?? {};
    const Dimensions = [{ Name: 'Color', Value: line.color }];
    minutes.set(key, { MetricName, Dimensions, Timestamp: new Date(atMs), Value: Value + 1 });
  }
}
const data = [...minutes.values()];
for (let done = 0; done < data.length; done += AT_ONCE) {
  const MetricData = data.slice(done, done + AT_ONCE);
  await client.send(new PutMetricDataCommand({ Namespace: METRICS.namespace, MetricData }));
}
client.destroy();

totalsPortSuite('cloudwatch, by ministack', async () => ({
  port: portOf(),
  query: { service: 'docs', fromMs: START, toMs: START + HOUR, regions: [] },
  close: async () => {},
}));

void test('counts and judges what was put by the official client', async () => {
  const port = portOf();
  try {
    const { arms } = await totalsOf(START, port, 12);
    const wanted = countTotals(LINES, termsAt(START, 12), 'lines').arms;
    assert.deepEqual([arms.to.requests, arms.to.failures], [wanted.to.requests, wanted.to.failures]);
    const { reasonCodes, summary } = await recordOf(START, port, 'error-rate', 12);
    assert.deepEqual(reasonCodes, ['over_limit_twice'], summary);
  } finally {
    await port.close?.();
  }
});
