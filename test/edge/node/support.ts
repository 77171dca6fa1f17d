/** A router on Node under test: in this process, with its config in a file, before the tiny origins of the edge tests. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstConfig } from '../../../src/conformance/store.ts';
import type { Color } from '../../../src/domain/color.ts';
import { nextEdgeConfig, type EdgeConfig, type EdgeConfigPatch } from '../../../src/domain/edge-config.ts';
import { signPin, type Pin } from '../../../src/domain/pin.ts';
import type { RequestLine } from '../../../src/domain/request-line.ts';
import { readConfigFile } from '../../../src/edge/node/config-file.ts';
import { ConfigPoll } from '../../../src/edge/node/config-poll.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/edge/node/limits.ts';
import { createNodeEdge } from '../../../src/edge/node/node-edge.ts';
import { serve, type Serving } from '../../../src/edge/node/serve.ts';
import { readVariables } from '../../../src/edge/settings.ts';
import { ADMIN_TOKEN, PIN_SECRET, startOrigin, type Origin } from '../support.ts';

export interface NodeRouter {
  readonly url: string;
  readonly serving: Serving;
  readonly origins: Readonly<Record<Color, Origin>>;
  /** Where the router reads its config. */
  readonly file: string;
  /** What it said to people. */
  readonly said: string[];
  /** Every line so far. */
  readonly all: RequestLine[];
  /** Writes the next generation and waits until it is served. */
  set(patch: EdgeConfigPatch): Promise<EdgeConfig>;
  admin(route: string, init?: RequestInit): Promise<Response>;
  pin(pin: Omit<Pin, 'expMs' | 'service'>): Promise<Record<string, string>>;
  /** Lines that match, once there are `count` of them. */
  lines(matches: (line: RequestLine) => boolean, count?: number): Promise<RequestLine[]>;
  close(): Promise<void>;
}

export interface NodeRouterOptions {
  readonly vars?: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  readonly trustForwarded?: boolean;
  /** Addresses of the colors; absent: the tests' own. */
  readonly origins?: Readonly<Record<Color, string>>;
  /** Null: none was ever written. Absent: the tests' own. */
  readonly first?: EdgeConfig | null;
  readonly drainDelayMs?: number;
  readonly drainLimitMs?: number;
}

export async function startNodeRouter(options: NodeRouterOptions = {}): Promise<NodeRouter> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-router-'));
  const file = join(dir, 'edge.json');
  const origins = { blue: await startOrigin('blue'), green: await startOrigin('green') };
  const urls = options.origins ?? { blue: origins.blue.url, green: origins.green.url };
  const all: RequestLine[] = [];
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const told = readVariables(
    {
      SERVICE: 'docs',
      REGION: 'eu',
      EDGE_POP: 'node',
      ADMIN_TOKEN,
      PIN_SECRETS: `next-secret,${PIN_SECRET}`,
      WRITE_ROUTES: '/notes,/jobs',
      ENQUEUE_ROUTES: '/jobs',
      CACHE_ROUTES: '/answer',
      ...options.vars,
    },
    50,
  );
  const { first = firstConfig('docs', { writer: 'test/1' }) } = options;
  let current = first ?? firstConfig('docs', { generation: 0 });
  await writeFile(file, JSON.stringify(first));
  const config = new ConfigPoll({
    load: () => readConfigFile(file, 'docs'),
    everyMs: told.configTtlMs,
    maxStaleMs: told.maxStaleMs,
    say,
  });
  const edge = createNodeEdge({
    told,
    adminToken: ADMIN_TOKEN,
    origins: { blue: new URL(urls.blue), green: new URL(urls.green) },
    originIdleMs: 4000,
    maxBodyBytes: limits.maxBodyBytes,
    cacheBytes: 1_000_000,
    config,
    sinks: [
      async (lines) => {
        all.push(...lines.map((line) => JSON.parse(line) as RequestLine));
        return lines.length;
      },
    ],
    processName: '',
    others: () => Promise.resolve([]),
    store: async () => Response.json({ stored: await readConfigFile(file, 'docs'), nowMs: Date.now() }),
  });
  const serving = await serve({
    edge,
    config,
    limits,
    trustForwarded: options.trustForwarded ?? false,
    host: '127.0.0.1',
    port: 0,
    drainDelayMs: options.drainDelayMs ?? 0,
    drainLimitMs: options.drainLimitMs ?? 200,
    say,
  });
  const url = `http://127.0.0.1:${serving.port}`;
  const admin: NodeRouter['admin'] = (route, init = {}) =>
    fetch(`${url}/__cutover/${route}`, { ...init, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  return {
    url,
    serving,
    origins,
    file,
    said,
    all,
    admin,
    async set(patch) {
      current = nextEdgeConfig(current, patch, `test/${current.generation + 1}`);
      await writeFile(`${file}.new`, JSON.stringify(current));
      await rename(`${file}.new`, file);
      await (await admin('config')).text();
      return current;
    },
    async pin(pin) {
      return {
        'x-cutover-pin': await signPin({ service: 'docs', ...pin, expMs: Date.now() + 60_000 }, [PIN_SECRET]),
      };
    },
    async lines(matches, count = 1) {
      const deadline = Date.now() + 3000;
      for (;;) {
        const found = all.filter(matches);
        if (found.length >= count) return found;
        if (Date.now() > deadline) throw new Error(`only ${found.length} of ${count} lines came`);
        await sleep(20);
      }
    },
    async close() {
      await serving.stop();
      await Promise.all([origins.blue.close(), origins.green.close()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
