/** Telemetry from a real Prometheus: what it counts is what was asked, and a hold is judged from it; a liar for what a real one rarely says. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { totalsPortSuite } from '../../src/conformance/telemetry-totals.ts';
import {
  BUILT_IN_RULE,
  addHistograms,
  countTotals,
  histogramSize,
  p95Ms,
  type ArmTotals,
  type CountedLine,
} from '../../src/domain/clusters/index.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { prometheusTelemetry } from '../../src/providers/prometheus/telemetry.ts';
import { freePort } from '../probes/servers.ts';
import { openMetrics } from './exported-lines.ts';
import { hourOfLines } from './hour-of-lines.ts';
import { recordOf, termsAt, totalsOf } from './judged-hour.ts';
import { serve } from './http-server.ts';
import { counterFamily, histogramFamily, NATIVE_TYPE, nativeBucket } from './native-histogram.ts';
import { findPrometheus, startPrometheus, type PrometheusServer } from './prometheus-server.ts';

const found = await findPrometheus();
const skip = 'missing' in found ? found.missing : false;

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** On the minute, and far enough back for its samples to be written as blocks. */
const START = Math.floor((Date.now() - 8 * HOUR) / MINUTE) * MINUTE;
const EDGES_S = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2];

const QUERIES = {
  requests: 'sum(increase(requests_total{color="{{color}}"}[{{window}}s]))',
  failures: 'sum(increase(requests_total{color="{{color}}",code=~"5.."}[{{window}}s]))',
  latency: 'sum by (le) (increase(latency_seconds_bucket{color="{{color}}"}[{{window}}s]))',
};

function portOf(url: string, more: Readonly<Record<string, unknown>> = {}): TelemetryPort {
  const colorUrls = { blue: 'http://127.0.0.1:65499', green: 'http://127.0.0.1:65499' };
  const scope = { service: 'docs', from: 'blue', to: 'green', entry: [], colorUrls, env: {} } as const;
  return prometheusTelemetry({ use: 'prometheus', url, ...QUERIES, ...more }, scope);
}

function started(
  lines: readonly CountedLine[],
  restartsMs: readonly number[] = [],
): Promise<PrometheusServer> {
  const past = openMetrics(lines, {
    startMs: START - HOUR / 2,
    endMs: START + HOUR + MINUTE,
    scrapeMs: 15_000,
    edgesS: EDGES_S,
    restartsMs,
  });
  assert.ok('path' in found);
  return startPrometheus(found.path, () => 'alive 1\n', { past });
}

/** Scrapes cut a block anywhere within their distance. */
function assertAlike(one: ArmTotals, other: ArmTotals, lostAtMost = 0): void {
  for (const of of ['requests', 'failures'] as const) {
    for (const [i, n] of one[of].entries()) {
      const wanted = other[of][i] ?? 0;
      assert.ok(
        Math.abs(n - wanted) <= 2 + 0.02 * wanted + lostAtMost,
        `${of} of block ${i}: ${n} and ${wanted}`,
      );
    }
  }
}

void describe('a real Prometheus, an hour that has passed', { skip }, () => {
  const lines = hourOfLines(START, 0.01);
  let real: PrometheusServer;
  before(async () => {
    real = await started(lines);
  });
  after(() => real.close());

  totalsPortSuite('prometheus', async () => ({
    port: portOf(real.url),
    query: { service: 'docs', fromMs: START, toMs: START + HOUR, regions: [] },
    close: async () => {},
  }));

  void it('counts each block of the lines that its counters were made of', async () => {
    for (const looks of [3, 12]) {
      const seen = await totalsOf(START, portOf(real.url), looks);
      const wanted = countTotals(lines, termsAt(START, looks), 'lines');
      for (const side of ['to', 'from'] as const) {
        const [one, other] = [seen.arms[side], wanted.arms[side]];
        assert.ok(one !== null && other !== null);
        assertAlike(one, other);
        const [p95, exact] = [one, other].map(({ final }) => p95Ms(addHistograms(final)));
        assert.ok(Math.abs((p95 ?? 0) / (exact ?? 1) - 1) < 0.05, `p95 ${p95} and ${exact}`);
      }
    }
  });

  void it('tells the day before, the hours and how fresh it is', async () => {
    const port = portOf(real.url);
    const range = { service: 'docs', fromMs: START, toMs: START + HOUR, regions: [] };
    const { blocks } = await port.blocks('blue', {
      ...range,
      blockMs: 5 * MINUTE,
      sameFailureMs: MINUTE,
      serverErrors: BUILT_IN_RULE,
    });
    assert.equal(blocks.length, 12);
    assert.ok(blocks.every((block) => block !== null && block.trials > 400));
    const { freshestMs } = await port.window({ ...range, toMs: START + 3 * HOUR });
    assert.ok(
      (freshestMs ?? 0) >= START + HOUR && (freshestMs ?? 0) < START + HOUR + 10 * MINUTE,
      String(freshestMs),
    );
    const hours = await port.hourly({ ...range, fromMs: START - 3 * HOUR, toMs: START + 3 * HOUR });
    assert.ok(hours.length > 0 && hours.every(({ hourMs }) => hourMs % HOUR === 0));
  });

  void it('identical colors are neither passed nor failed nor asked about', async () => {
    const rate = await recordOf(START, portOf(real.url), 'error-rate', 12);
    assert.deepEqual(rate.reasonCodes, ['underpowered', 'users_unknown'], rate.summary);
    const slow = await recordOf(START, portOf(real.url), 'latency', 12);
    assert.deepEqual(slow.reasonCodes, ['underpowered', 'p95_not_proved'], slow.summary);
  });

  void it('is asked of some regions alone only where its queries tell them apart', async () => {
    const query = { service: 'docs', regions: ['eu.1'], terms: termsAt(START, 3) };
    await assert.rejects(
      async () => portOf(real.url).totals?.(query),
      /prometheus does not tell regions apart/,
    );
    const by = (text: string): string => text.replace('{color=', '{region=~"{{regions}}",color=');
    const queries = Object.fromEntries(Object.entries(QUERIES).map(([name, text]) => [name, by(text)]));
    const { arms } = (await portOf(real.url, queries).totals?.(query)) ?? assert.fail('no totals');
    assert.deepEqual([...new Set(arms.to.requests)], [0], 'nobody asked of that region');
    const all = await portOf(real.url, queries).totals?.({ ...query, regions: [] });
    assert.ok((all?.arms.to.requests[0] ?? 0) > 0, 'all of them are any, also none');
  });

  void it('an option that cannot work is said before anything is asked', () => {
    assert.throws(
      () => portOf(real.url, { requests: 'sum(requests_total)' }),
      /requests holds no \{\{color\}\}/,
    );
    assert.throws(
      () => portOf(real.url, { failures: 'sum(increase(x{color="{{color}}"}[5m]))' }),
      /failures holds no \{\{window\}\}/,
    );
  });

  void it('a query that gives something else is refused with what to write', async () => {
    const refuses = async (more: Record<string, unknown>, why: RegExp): Promise<void> => {
      await assert.rejects(
        totalsOf(START, portOf(real.url, more), 3),
        (cause) => cause instanceof ProviderError && cause.kind === 'fatal' && why.test(cause.message),
      );
    };
    await refuses(
      { requests: 'increase(requests_total{color="{{color}}"}[{{window}}s])' },
      /`requests` gives 2 series; aggregate/,
    );
    await refuses({ latency: QUERIES.requests }, /neither native histograms nor series by `le`/);
    await refuses(
      { latency: 'sum by (le, color) (increase(latency_seconds_bucket{color="{{color}}"}[{{window}}s]))' },
      /by color as well/,
    );
    await refuses(
      { failures: 'sum(increase(requests_total{color="{{color}}"}[{{window}}s])' },
      /parse error/,
    );
  });
});

void describe('a real Prometheus whose green fails five times as often', { skip }, () => {
  const lines = hourOfLines(START, 0.05);
  let real: PrometheusServer;
  before(async () => {
    real = await started(lines, [START + 17 * MINUTE, START + 41 * MINUTE + 7000]);
  });
  after(() => real.close());

  void it('a service that starts anew loses at most what came since the scrape before', async () => {
    const seen = await totalsOf(START, portOf(real.url), 12);
    const { arms } = countTotals(lines, termsAt(START, 12), 'lines');
    assertAlike(seen.arms.to, arms.to, 40);
    const whole = (arm: ArmTotals): number => arm.requests.reduce((sum, n) => sum + n, 0);
    assert.ok(whole(seen.arms.to) > 0.97 * whole(arms.to), `${whole(seen.arms.to)} of ${whole(arms.to)}`);
  });

  void it('is over the limit at two looks running: a question at the end, and never a FAIL', async () => {
    const port = portOf(real.url);
    for (const looks of [1, 4, 5, 12]) {
      const { verdict, reasonCodes, summary } = await recordOf(START, port, 'error-rate', looks);
      assert.equal(verdict, 'inconclusive');
      assert.equal(reasonCodes.includes('over_limit_twice'), looks >= 5, `look ${looks}: ${summary}`);
    }
  });
});

void describe('a real Prometheus with native histograms', { skip }, () => {
  const LABELS = { color: 'green' };
  /** Twenty requests a scrape: a tenth takes 400 ms, the others 100. */
  let scrapes = 0;
  const families = (): Uint8Array => {
    scrapes += 1;
    const counts = new Map([
      [nativeBucket(0.1), 18 * scrapes],
      [nativeBucket(0.4), 2 * scrapes],
    ]);
    return Uint8Array.from([
      ...counterFamily('requests_total', LABELS, 20 * scrapes),
      ...histogramFamily('latency_seconds', LABELS, counts),
    ]);
  };

  void it('reads their buckets, which are narrow enough for a p95', async () => {
    assert.ok('path' in found);
    const real = await startPrometheus(found.path, families, {
      contentType: NATIVE_TYPE,
      args: ['--enable-feature=native-histograms'],
    });
    try {
      await sleep(4000);
      const port = portOf(real.url, {
        failures: QUERIES.requests.replace('{color', '{code="503",color'),
        latency: 'sum(increase(latency_seconds{color="{{color}}"}[{{window}}s]))',
      });
      const toMs = Date.now() - 500;
      const range = { service: 'docs', regions: [], fromMs: toMs - 3000, toMs };
      const { blocks } = await port.blocks('green', {
        ...range,
        blockMs: 3000,
        sameFailureMs: MINUTE,
        serverErrors: BUILT_IN_RULE,
      });
      const block = blocks[0] ?? assert.fail('no block');
      assert.ok(Math.abs(block.trials - 300) <= 45, `${block.trials} requests`);
      assert.ok(Math.abs(histogramSize(block.final) - block.trials) <= 22, 'as many were timed');
      assert.ok(Math.abs((p95Ms(block.final) ?? 0) / 400 - 1) < 0.1, `p95 ${p95Ms(block.final)}`);
      assert.equal(block.events, 0);
    } finally {
      await real.close();
    }
  });
});

void describe('a Prometheus that says what a real one rarely says', () => {
  const matrix = (result: unknown, more: object = {}) => ({
    body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result }, ...more }),
  });

  void it('an answer that may be incomplete is no answer, unless the plan says so', async () => {
    const liar = await serve(() => matrix([], { warnings: ['no data of store eu: timeout'] }));
    try {
      await assert.rejects(totalsOf(START, portOf(liar.url), 3), {
        kind: 'retry',
        message: /may be incomplete: no data of store eu/,
      });
      assert.equal(
        (await totalsOf(START, portOf(liar.url, { allowWarnings: true }), 3)).arms.to.requests[0],
        0,
      );
    } finally {
      await liar.close();
    }
  });

  void it('hints on a query are no warning', async () => {
    const liar = await serve(() => matrix([], { warnings: ['PromQL info: metric might not be a counter'] }));
    try {
      assert.equal((await totalsOf(START, portOf(liar.url), 3)).arms.to.requests[0], 0);
    } finally {
      await liar.close();
    }
  });

  void it('what is not there, and what is no Prometheus, are told apart', async () => {
    const gone = portOf(`http://127.0.0.1:${await freePort()}`);
    await assert.rejects(totalsOf(START, gone, 3), { kind: 'retry' });
    const liar = await serve(() => ({ body: '<html>up</html>' }));
    try {
      await assert.rejects(totalsOf(START, portOf(liar.url), 3), {
        kind: 'fatal',
        message: /is this a Prometheus/,
      });
    } finally {
      await liar.close();
    }
  });
});
