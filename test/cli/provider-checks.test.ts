/** `cutover doctor` asks every provider of a plan: one that is not there is wrong, in time, and says what to do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { providerChecks } from '../../src/cli/doctor/provider-checks.ts';
import { READS, type ReadPort } from '../../src/cli/provider-reads.ts';
import { healthContract } from '../../src/conformance/color.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Doubt, FencePort, TrafficPort } from '../../src/ports/index.ts';
import { MANIFESTS } from '../../src/providers/registry.ts';
import { serve } from '../providers/http-server.ts';
import { asked } from '../support/asked-provider.ts';
import { scriptedPlan } from '../support/plans.ts';

/** Nothing listens there. */
const GONE = '127.0.0.1:1';
const HTTP = `http://${GONE}`;
const AWS = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'aws-secret-of-test',
  AWS_REGION: 'us-east-1',
};
const ROUTER = { CUTOVER_ADMIN_TOKEN: 'admin-token-of-test', CUTOVER_PIN_SECRET: 'pin-secret-of-test' };
const CLOUDFLARE = { ...ROUTER, CLOUDFLARE_API_TOKEN: 'api-token-of-test', CLOUDFLARE_BASE_URL: HTTP };
const KV = { account: 'a', namespace: 'cutover' };
const JOBS = (color: string) => ({ stream: `jobs-${color}`, subject: `jobs.${color}`, consumer: 'workers' });
const DIMENSIONS = { LoadBalancer: 'app/x/1' };

interface Row {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** What each is told where it is not. Those that read this machine's own files are not among them. */
const ROWS: Readonly<Record<string, Row>> = {
  'store redis': { options: { url: `redis://${GONE}` } },
  'store postgres': {
    options: { url: `postgres://${GONE}/postgres`, tls: 'off' },
    env: { PGUSER: 'u', PGPASSWORD: 'pg-secret-of-test' },
  },
  'fence postgres': {
    options: {
      url: `postgres://${GONE}/postgres`,
      tls: 'off',
      tables: ['orders'],
      roles: ['docs_app'],
    },
    env: { FENCE_PGUSER: 'u', FENCE_PGPASSWORD: 'fence-secret-of-test' },
  },
  'store cloudflare': { options: KV, env: CLOUDFLARE },
  'router cloudflare': { options: KV, env: CLOUDFLARE },
  'router router': { env: ROUTER },
  'cache router': { env: ROUTER },
  'cache redis': { options: { url: `redis://${GONE}`, prefix: 'answers:{color}:' } },
  'cache varnish': { options: { nodes: [HTTP], tag: 'docs-{color}', probe: '/answer?q=ping' } },
  'traffic haproxy': { options: { sockets: [GONE], backend: 'docs' } },
  'color http': {},
  'warmup pings': { env: ROUTER },
  'queue nats': { options: { url: `nats://${GONE}`, blue: JOBS('blue'), green: JOBS('green') } },
  'queue rabbitmq': {
    options: {
      url: `amqp://${GONE}`,
      management: HTTP,
      blue: { queue: 'jobs-blue' },
      green: { queue: 'jobs-green' },
    },
    env: { RABBITMQ_USER: 'u', RABBITMQ_PASSWORD: 'rabbit-secret-of-test' },
  },
  'queue bullmq': { options: { url: `redis://${GONE}`, blue: 'jobs-blue', green: 'jobs-green' } },
  'queue sqs': { options: { blue: `${HTTP}/1/blue`, green: `${HTTP}/1/green`, endpoint: HTTP }, env: AWS },
  'telemetry clickhouse': { options: { url: HTTP } },
  'telemetry prometheus': {
    options: {
      url: HTTP,
      requests: 'sum by (color) (increase(requests_total[{{window}}]))',
      failures: 'sum by (color) (increase(failures_total[{{window}}]))',
    },
  },
  'telemetry cloudwatch': {
    options: {
      namespace: 'AWS/ApplicationELB',
      dimensions: { blue: DIMENSIONS, green: DIMENSIONS },
      requests: 'RequestCount',
      failures: 'HTTPCode_Target_5XX_Count',
      endpoint: HTTP,
    },
    env: AWS,
  },
  'evidence s3': { options: { bucket: 'evidence', endpoint: HTTP, pathStyle: true }, env: AWS },
};

const OWN_MACHINE = ['telemetry duckdb', 'evidence folder'];

void describe('a provider that is not there', { concurrency: 4 }, () => {
  void test('has a row here, whichever it is', () => {
    const all = MANIFESTS.filter(({ name }) => name !== 'simulated').flatMap(({ name, ports }) =>
      Object.keys(ports).flatMap((port) =>
        port === 'edge' ? [`store ${name}`, `router ${name}`] : port in READS ? [`${port} ${name}`] : [],
      ),
    );
    assert.deepEqual(
      all.filter((one) => !(one in ROWS) && !OWN_MACHINE.includes(one)),
      [],
      'add a row with its options and an address where nothing listens',
    );
  });

  for (const [name, { options = {}, env = {} }] of Object.entries(ROWS)) {
    void test(name, async () => {
      const [port, use] = name.split(' ') as [ReadPort, string];
      const check = await asked(port, { use, ...options }, env);
      assert.equal(check.state, 'wrong', JSON.stringify(check));
      assert.notEqual(check.detail, '');
      assert.ok((check.todo ?? '').length > 10, JSON.stringify(check));
      for (const secret of Object.values(env))
        if (secret.endsWith('of-test')) assert.ok(!JSON.stringify(check).includes(secret), name);
    });
  }
});

void describe('a provider of this machine', () => {
  void test('says what is there, and makes nothing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'cutover-doctor-'));
    const evidence = await asked('evidence', { use: 'folder', path: path.join(folder, 'evidence') });
    assert.equal(evidence.state, 'ok', JSON.stringify(evidence));
    const lines = await asked('telemetry', { use: 'duckdb', path: path.join(folder, '*.ndjson') });
    assert.match(`${lines.state} ${lines.detail}`, /^(ok has no line of the last 15m|wrong .*no file)/);
  });
});

void describe('colors', () => {
  void test('are named by release; one that is not well is said', async () => {
    const server = await serve(() => ({ body: JSON.stringify(healthContract({ ok: false })) }));
    const check = await asked('color', { use: 'http' }, {}, server.url);
    await server.close();
    // Both addresses are one here, which says that it is blue.
    assert.equal(check.state, 'wrong');
    assert.match(
      check.detail,
      /color is "blue", the plan says "green": the address belongs to another stack/,
    );
  });
});

void describe('an abort in the middle', () => {
  test('is one error, and none that nobody hears of', async (t) => {
    const hanging = createServer(() => undefined);
    hanging.listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    t.after(() => {
      hanging.closeAllConnections();
      hanging.close();
    });
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
    const whole = await scriptedPlan('docs');
    const telemetry = { use: 'clickhouse', url };
    const plan = {
      ...whole,
      entry: [{ region: 'eu', url }],
      colors: { blue: { ...whole.colors.blue, url }, green: { ...whole.colors.green, url } },
      providers: {
        ...whole.providers,
        edge: { store: { use: 'router' }, router: { use: 'router' }, traffic: null },
        color: { use: 'http' },
        queue: null,
        cache: null,
        warmup: null,
        telemetry,
        notify: [],
      },
    } as unknown as Plan;
    const stop = new AbortController();
    const unheard: unknown[] = [];
    const hear = (cause: unknown): void => void unheard.push(cause);
    process.on('unhandledRejection', hear);
    t.after(() => process.off('unhandledRejection', hear));
    const checks = (async () => {
      const all = [];
      for await (const one of providerChecks(plan, ROUTER, stop.signal)) all.push(one);
      return all;
    })();
    setTimeout(() => stop.abort(new Error('stopped')), 300);
    await assert.rejects(checks, /stopped/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(unheard, []);
  });
});

void describe('a weight', () => {
  test('is read and never tried: a switch may be moving it', async () => {
    const capabilities = { propagation: { maxMs: 1000 } };
    const readBack = () => Promise.resolve({ weightPercent: 25 });
    const check = () => Promise.reject(new Error('it was tried'));
    const port = { capabilities, readBack, check } as unknown as TrafficPort;
    const said = await READS.traffic(port, await scriptedPlan('docs'), AbortSignal.timeout(5000));
    assert.match(said, /^stands at 25 %; whether it can be set preflight tries/);
  });
});

void describe('a fence', () => {
  const fence = (...doubts: readonly Doubt[]) =>
    ({ covers: 'orders', check: () => Promise.resolve(doubts) }) as unknown as FencePort;
  const what = 'docs_app is a superuser';
  const asks = async (port: FencePort): Promise<string> =>
    READS.fence(port, await scriptedPlan('docs'), AbortSignal.timeout(5000));

  test('says what it covers, and what may be wrong', async () => {
    assert.equal(await asks(fence()), 'covers orders');
    assert.equal(
      await asks(fence({ severity: 'warning', what, fix: 'take another' })),
      `covers orders; ${what}`,
    );
  });

  test('that could not hold is wrong', async () => {
    await assert.rejects(asks(fence({ severity: 'blocking', what, fix: 'take another' })), {
      message: what,
      hint: 'take another',
    });
  });
});
