/**
 * What teams run themselves, each part real: `cutover router` behind HAProxy, the edge config in Redis, jobs in NATS JetStream, records in
 * PostgreSQL.
 *
 * Invariant: each listens on loopback only; what needs a password has one of this run alone.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import type { Color } from '../../../src/domain/color.ts';
import { otherColor } from '../../../src/domain/color.ts';
import { freePorts } from '../../../src/dev-server/free-port.ts';
import { redisStore } from '../../../src/providers/redis/store.ts';
import { startPostgres } from '../peers/postgres.ts';
import { findProgram, HAPROXY, NATS, POSTGRES, REDIS } from '../peers/programs.ts';
import { startServer } from '../peers/start.ts';
import { sibling } from '../shared/paths.ts';
import { haproxyConfig } from './haproxy-config.ts';
import type { Platform, PlatformEdge, Site } from './platform.ts';

/** Everything else starts at the same time. */
const FIRST_WRITE_MS = 30_000;
/** The router asks Redis so often, ms; by itself every second. */
const CONFIG_TTL_MS = 250;

export async function start(site: Site): Promise<Platform> {
  const { dir } = site;
  await mkdir(join(dir, 'edge'), { recursive: true });
  await mkdir(site.logDir, { recursive: true });
  // First all programs: what is missing is said before anything runs.
  const find = { tell: site.tell };
  const haproxy = await findProgram(HAPROXY, find);
  const redis = await findProgram(REDIS, find);
  const behind = site.plain
    ? null
    : { nats: await findProgram(NATS, find), postgres: await findProgram(POSTGRES, find) };
  const [redisPort = 0, ...ports] = await freePorts(3);
  const [redisUrl, infra] = await allStarted([
    startRedis(site, redis, redisPort),
    behind && startBehind(site, behind, ports),
  ]);
  return { infra, startEdge: (origins) => startEdge(site, { haproxy, redisUrl, origins }) };
}

async function startBehind(
  site: Site,
  { nats, postgres }: { readonly nats: string; readonly postgres: string },
  [natsPort = 0, postgresPort = 0]: readonly number[],
): Promise<Platform['infra']> {
  const [natsUrl, postgresUrl] = await allStarted([
    startNats(site, nats, natsPort),
    startRecords(site, postgres, postgresPort),
  ]);
  return { store: { use: 'postgres', url: postgresUrl }, broker: { use: 'nats', url: natsUrl } };
}

/** As `Promise.all`, but none is still starting when it rejects: what runs then is owned, and ended. */
async function allStarted<const T extends readonly unknown[]>(
  starts: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

async function startRedis(site: Site, file: string, port: number): Promise<string> {
  const url = `redis://127.0.0.1:${port}/0`;
  // A flip that is forgotten sends users back: every write goes to disk before it is acknowledged.
  const kept = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--dir', site.dir];
  const server = await startServer({
    name: 'redis',
    command: [file, '--bind', '127.0.0.1', '--port', String(port), ...kept],
    ports: [port],
    logFile: join(site.logDir, 'redis.log'),
    graceMs: 2000,
    isReady: () => answersPing(url),
  });
  site.own('redis', server);
  return url;
}

async function answersPing(url: string): Promise<boolean> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}

async function startNats(site: Site, file: string, port: number): Promise<string> {
  const server = await startServer({
    name: 'nats',
    command: [file, '-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(site.dir, 'nats')],
    ports: [port],
    logFile: join(site.logDir, 'nats.log'),
    graceMs: 2000,
  });
  site.own('nats', server);
  return `nats://127.0.0.1:${port}`;
}

async function startRecords(site: Site, file: string, port: number): Promise<string> {
  const owner = { name: 'docs_rag', password: randomBytes(12).toString('hex') };
  const server = await startPostgres({ file, port, owner, logFile: join(site.logDir, 'postgres.log') });
  site.own('postgres', server);
  return server.url;
}

interface Behind {
  readonly haproxy: string;
  readonly redisUrl: string;
  readonly origins: Readonly<Record<Color, string>>;
}

async function startEdge(site: Site, { haproxy, redisUrl, origins }: Behind): Promise<PlatformEdge> {
  const { dir, service, from, regions } = site;
  const store = { use: 'redis', url: redisUrl };
  const free = await freePorts(regions.length);
  const routers = regions.map(({ name, port }, i) => ({ name, entry: port, router: free[i] ?? 0 }));
  const logs = regions.map(({ name }) => join(dir, 'edge', `${name}.ndjson`));
  await allStarted(
    routers.map(({ name, router }, i) =>
      startRouter(site, { region: name, port: router, log: logs[i] ?? '', redisUrl, origins }),
    ),
  );
  const config = join(dir, 'edge', 'haproxy.cfg');
  await writeFile(config, haproxyConfig(routers, site.host));
  const server = await startServer({
    name: 'haproxy',
    command: [haproxy, '-db', '-f', config],
    ports: regions.map(({ port }) => port),
    logFile: join(site.logDir, 'haproxy.log'),
    graceMs: 2000,
  });
  site.own('haproxy', server);
  const entries = regions.map(({ name, port }) => ({ region: name, url: `http://127.0.0.1:${port}` }));
  return {
    entries,
    plan: { store, router: { use: 'router', propagationMs: 10_000 } },
    env: {},
    logs,
    async writeFirst(first) {
      const scope = { service, env: {}, entry: entries, from, to: otherColor(from), colorUrls: origins };
      const opened = redisStore({ ...store, timeoutMs: FIRST_WRITE_MS }, scope);
      try {
        await opened.compareAndSet(first, { idempotencyKey: first.writer });
      } finally {
        await opened.close?.();
      }
    },
    setCacheLeak: null,
  };
}

interface RouterSpec {
  readonly region: string;
  readonly port: number;
  readonly log: string;
  readonly redisUrl: string;
  readonly origins: Readonly<Record<Color, string>>;
}

/** As a user runs it: the command, its flags, its variables. */
async function startRouter(site: Site, { region, port, log, redisUrl, origins }: RouterSpec): Promise<void> {
  const main = sibling('../../../src/cli/main.ts', import.meta.url);
  const loader = main.href.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const server = await startServer({
    name: `router of ${region}`,
    command: [
      process.execPath,
      ...loader,
      fileURLToPath(main),
      'router',
      `--config=${redisUrl}`,
      `--listen=127.0.0.1:${port}`,
      `--region=${region}`,
      '--trust-forwarded',
      `--log=${log}`,
      '--drain-delay=0s',
      '--drain-limit=5s',
    ],
    ports: [port],
    logFile: join(site.logDir, `router-${region}.log`),
    env: {
      NODE_NO_WARNINGS: '1',
      SERVICE: site.service,
      EDGE_POP: `${region}-1`,
      ORIGIN_BLUE: origins.blue,
      ORIGIN_GREEN: origins.green,
      DEFAULT_COLOR: site.from,
      CONFIG_TTL_MS: String(CONFIG_TTL_MS),
      ADMIN_TOKEN: site.tokens.edgeAdmin,
      PIN_SECRETS: site.tokens.pinSecrets.join(','),
      ...site.routes,
    },
    graceMs: 8000,
  });
  site.own(`router-${region}`, server);
}
