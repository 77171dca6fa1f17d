/** Custom gates of kind `prometheus`: a real Prometheus that scrapes, and a liar for what a real one rarely says. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CustomResult } from '../../src/domain/look-input.ts';
import { prometheusGate } from '../../src/providers/prometheus/index.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { resolveProvider } from '../../src/providers/registry.ts';
import { customGatePortSuite, QUESTION, type Situation } from '../../src/conformance/gate.ts';
import { freePort } from '../probes/servers.ts';
import { serve, type Reply } from './http-server.ts';
import { findPrometheus, startPrometheus, type PrometheusServer } from './prometheus-server.ts';

const SECRET = 's3cret-of-prometheus';

function scope(env: Record<string, string> = {}): ProviderScope {
  const colorUrls = { blue: 'http://127.0.0.1:65499', green: 'http://127.0.0.1:65499' };
  return { service: 'docs', from: 'blue', to: 'green', entry: [], colorUrls, env };
}

async function judged(
  options: Record<string, unknown>,
  windowMs = 10_000,
  windowToMs = Date.now(),
): Promise<CustomResult> {
  const window = { windowFromMs: windowToMs - windowMs, windowToMs };
  const input = { ...QUESTION, ...window, options };
  return prometheusGate({ use: 'prometheus' }, scope({ GATE_SECRET: SECRET })).judge(input, {
    idempotencyKey: 'k',
  });
}

const found = await findPrometheus();
const skip = 'missing' in found ? found.missing : false;
let real: PrometheusServer;

/** Two colors, 50 and 30 requests a scrape, green with four times the error rate; constants for exact comparisons. */
let scrapes = 0;
function metrics(): string {
  scrapes += 1;
  const line = (name: string, color: string, value: number | string): string =>
    `${name}{service="docs",color="${color}"} ${value}`;
  return [
    line('requests_total', 'blue', 50 * scrapes),
    line('requests_total', 'green', 30 * scrapes),
    line('errors_total', 'blue', 0.5 * scrapes),
    line('errors_total', 'green', 1.2 * scrapes),
    line('cost', 'blue', 2),
    line('cost', 'green', 2.5),
    line('zero', 'blue', 0),
    line('zero', 'green', 1),
    line('nothing', 'blue', 'NaN'),
    line('nothing', 'green', 'NaN'),
    line('only_from', 'blue', 1),
    '',
  ].join('\n');
}

const ERRORS =
  'sum(rate(errors_total{color="{{color}}",service="{{service}}"}[{{window}}s])) / sum(rate(requests_total{color="{{color}}"}[{{window}}s]))';

void describe('a real Prometheus', { skip }, () => {
  before(async () => {
    if ('path' in found) real = await startPrometheus(found.path, metrics);
  });
  after(() => real.close());

  customGatePortSuite('prometheus', async () => {
    const liar = await serve(({ path }) =>
      path.startsWith('/nonsense') ? { body: '<html>up</html>' } : { afterMs: 2500 },
    );
    const query = 'cost{color="{{color}}"}';
    const options: Readonly<Record<Situation, () => Promise<Record<string, unknown>>>> = {
      good: async () => ({ query, maxRatio: 1.3, samples: 'sum(requests_total)', minSamples: 10 }),
      bad: async () => ({ query, maxRatio: 1.2 }),
      'no-data': async () => ({ query: 'absent_metric{color="{{color}}"}', max: 1 }),
      'too-few': async () => ({ query, max: 9, samples: 'sum(up)', minSamples: 50 }),
      broken: async () => ({ query: 'sum(cost{color="{{color}}"', max: 1 }),
      nonsense: async () => ({ query, max: 9, url: `${liar.url}/nonsense` }),
      gone: async () => ({ query, max: 9, url: `http://127.0.0.1:${await freePort()}` }),
      hangs: async () => ({ query, max: 9, url: `${liar.url}/hangs`, timeout: '200ms' }),
    };
    return {
      port: prometheusGate({ use: 'prometheus' }, scope({ GATE_SECRET: SECRET })),
      secret: SECRET,
      options: async (situation) => ({ url: real.url, ...(await options[situation]()) }),
      seenAuthorization: () => null,
      close: liar.close,
    };
  });

  void it('compares the error ratios of the colors over the window', async () => {
    const result = await judged({
      url: real.url,
      query: ERRORS,
      samples: 'sum(increase(requests_total{color="{{color}}"}[{{window}}s]))',
      minSamples: 30,
      maxRatio: 2,
    });
    assert.equal(result.verdict, 'fail', result.reason);
    assert.ok(Math.abs((result.from ?? 0) - 0.01) < 1e-6, String(result.from));
    assert.ok(Math.abs((result.to ?? 0) - 0.04) < 1e-6, String(result.to));
    assert.ok((result.n ?? 0) >= 30);
    assert.match(result.reason, /4 times from, more than maxRatio 2/);
    assert.equal((await judged({ url: real.url, query: ERRORS, maxRatio: 5 })).verdict, 'pass');
  });

  void it('knows max, min, maxIncrease, two queries and one that compares', async () => {
    const verdictOf = async (options: Record<string, unknown>): Promise<string> =>
      (await judged({ url: real.url, ...options })).verdict;
    const cost = 'cost{color="{{color}}"}';
    assert.equal(await verdictOf({ query: cost, max: 2.5, min: 2.5 }), 'pass', 'a limit itself passes');
    assert.equal(await verdictOf({ query: cost, max: 2.4 }), 'fail');
    assert.equal(await verdictOf({ query: cost, min: 2.6 }), 'error', 'from breaks it too');
    assert.equal(await verdictOf({ query: cost, max: 1 }), 'error', 'from breaks it too');
    assert.equal(await verdictOf({ query: cost, maxIncrease: 0.5 }), 'pass');
    assert.equal(await verdictOf({ query: cost, maxIncrease: 0.4 }), 'fail');
    const pair = { from: 'cost{color="{{from}}"}', to: 'cost{color="{{color}}"}' };
    assert.equal(await verdictOf({ ...pair, maxRatio: 1.25 }), 'pass');
    const compare = 'scalar(cost{color="{{to}}"}) - scalar(cost{color="{{from}}"})';
    assert.equal(await verdictOf({ compare, max: 0.5 }), 'pass');
    assert.equal(await verdictOf({ compare, max: 0.4 }), 'fail');
    const { from, to } = await judged({ url: real.url, compare, max: 0.5 });
    assert.deepEqual([from, to], [null, 0.5]);
  });

  void it('no data never passes: empty, one-sided, NaN, infinite, stale', async () => {
    const inconclusive = async (
      options: Record<string, unknown>,
      why: RegExp,
      at?: number,
    ): Promise<void> => {
      const result = await judged({ url: real.url, ...options }, 10_000, at);
      assert.equal(result.verdict, 'inconclusive', result.reason);
      assert.match(result.reason, why);
    };
    await inconclusive({ query: 'nope{color="{{color}}"}', max: 1 }, /of from gives no series/);
    await inconclusive({ query: 'only_from{color="{{color}}"}', max: 1 }, /of to gives no series/);
    await inconclusive({ query: 'nothing{color="{{color}}"}', max: 1 }, /gives NaN/);
    await inconclusive({ compare: '1 / scalar(zero{color="{{from}}"})', max: 1 }, /gives Infinity/);
    await inconclusive({ compare: '-1 / scalar(zero{color="{{from}}"})', max: 1 }, /gives -Infinity/);
    await inconclusive({ query: 'zero{color="{{color}}"}', maxRatio: 3 }, /no ratio to a `from` of 0/);
    const count = { samples: 'sum(nope)', minSamples: 1 };
    await inconclusive({ query: 'cost{color="{{color}}"}', max: 9, ...count }, /^0 samples/);
    // An hour ago there was nothing: the look is judged at its own end, not now.
    await inconclusive({ query: 'cost{color="{{color}}"}', max: 9 }, /no series/, Date.now() - 3_600_000);
  });

  void it('passes on what Prometheus says about a query', async () => {
    const error = async (compare: string, why: RegExp): Promise<void> => {
      const result = await judged({ url: real.url, compare, max: 1 });
      assert.equal(result.verdict, 'error');
      assert.match(result.reason, why);
    };
    await error('sum(', /bad_data: .*parse error/);
    await error('cost * on() zero', /execution: .*many-to-many/);
    await error('requests_total', /2 series; aggregate/);
    await error('cost[1m]', /gives a matrix/);
    await error('"text"', /gives a string/);
  });
});

void describe('prometheus gate, without a server', () => {
  async function against(reply: Reply, more: Record<string, unknown> = {}) {
    const server = await serve(() => reply);
    try {
      const result = await judged({ url: server.url, compare: 'a', max: 1, ...more });
      return { result, asked: server.asked };
    } finally {
      await server.close();
    }
  }
  const vector = (value: string, more: object = {}): Reply => ({
    body: JSON.stringify({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [1, value] }] },
      ...more,
    }),
  });

  void it('an answer with warnings decides only where the plan allows it', async () => {
    const warnings = ['partial response'];
    for (const [value, verdict] of [
      ['0.5', 'pass'],
      ['2', 'fail'],
    ] as const) {
      const careful = await against(vector(value, { warnings }));
      assert.equal(careful.result.verdict, 'inconclusive');
      assert.match(careful.result.reason, /Prometheus warns: partial response/);
      const allowed = await against(vector(value, { warnings }), { allowWarnings: true });
      assert.equal(allowed.result.verdict, verdict);
    }
  });

  void it('tries 503 three times and 422 once', async () => {
    const body = '{"status":"error","errorType":"timeout","error":"too slow"}';
    const busy = await against({ status: 503, body, headers: { 'retry-after': '0' } });
    assert.equal(busy.result.verdict, 'error');
    assert.match(busy.result.reason, /503.*too slow/);
    assert.equal(busy.asked.length, 3);
    const refused = await against({ status: 422, body });
    assert.match(refused.result.reason, /timeout: too slow/);
    assert.equal(refused.asked.length, 1);
  });

  void it('sends query and instant by POST, with the secret in a header only', async () => {
    const headers = { authorization: 'Bearer ${env:GATE_SECRET}' };
    const { asked } = await against(vector('1'), { headers, compare: 'rate(a[{{window}}s])' });
    const [one] = asked;
    assert.equal(`${one?.method} ${one?.path}`, 'POST /api/v1/query');
    assert.equal(one?.headers['authorization'], `Bearer ${SECRET}`);
    const form = new URLSearchParams(one?.body);
    assert.equal(form.get('query'), 'rate(a[10s])');
    assert.ok(Math.abs(Number(form.get('time')) - Date.now() / 1000) < 30);
    assert.ok(!(one?.body ?? '').includes(SECRET));
  });

  void it('answers of another shape are errors', async () => {
    for (const body of ['{}', '[]', '{"status":"success"}', 'null']) {
      assert.equal((await against({ body })).result.verdict, 'error', body);
    }
    assert.equal((await against(vector('high'))).result.verdict, 'error');
    assert.equal((await against(vector(''))).result.verdict, 'error');
  });

  void it('refuses a gate that could not be judged, by the rules of the plan', async () => {
    const url = 'http://127.0.0.1:9';
    await assert.rejects(judged({ url, query: 'up', max: 1 }), /holds no {{color}}/);
    await assert.rejects(judged({ url, compare: 'up' }), /could only pass/);
    await assert.rejects(judged({ url, compare: 'a{c="{{colour}}"}', max: 1 }), /no placeholder {{colour}}/);
    await assert.rejects(
      judged({ url, compare: 'a{c="{{color}}"}', max: 1 }),
      /no placeholder {{color}} here/,
    );
  });

  void it('is a built-in provider', async () => {
    assert.equal(typeof (await resolveProvider('prometheus')).gate, 'function');
  });
});
