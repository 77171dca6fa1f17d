/**
 * The whole demo as one call: infrastructure, both colors, the edge and the traffic, each its own process; what is special to a platform is in `platforms`.
 *
 * Invariants: loopback only (but for entries that are told otherwise); ports are free ones unless given; children end in reverse order on `close`, and by
 * themselves when this process dies.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { otherColor } from '../../src/domain/color.ts';
import type { Color } from '../../src/domain/color.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { LONGEST_PIN_LIFE_MS, signPin } from '../../src/domain/pin.ts';
import { freePorts } from '../../src/dev-server/free-port.ts';
import type { InfraReady, StoreDump } from './infra/server.ts';
import { startPlatform, type Site } from './platforms/platform.ts';
import { startChild } from './shared/child.ts';
import type { Child } from './shared/child.ts';
import { callJson, sleep } from './shared/http.ts';
import { sibling } from './shared/paths.ts';
import { checkLedger } from './traffic/check.ts';
import type { TrafficStats } from './traffic/generator.ts';
import { READING_MIX, type SignedCohort } from './traffic/workload.ts';
import { EdgeAdmin } from './edge-admin.ts';
import type { Cohort, Stack, StackFault, StackOptions, StackTokens } from './stack-types.ts';

export type { Cohort, Stack, StackFault, StackOptions } from './stack-types.ts';

const SERVICE = 'docs-rag';
/** A router whose clock is behind must not find a pin to live too long. */
const CLOCK_SLACK_MS = 60_000;

/** What the edge treats as writes, as jobs and as cacheable; a plain stack has none of them. */
const ROUTES = { WRITE_ROUTES: '/notes,/jobs', ENQUEUE_ROUTES: '/notes,/jobs', CACHE_ROUTES: '/answer' };

/** What both colors have alike. */
const OF_BOTH: ReadonlySet<StackFault> = new Set(['rebuilt-index', 'noisy-neighbour']);

export async function startStack(options: StackOptions): Promise<Stack> {
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true });
  const started: Started[] = [];
  try {
    return await compose({ ...options, dir }, started);
  } catch (error) {
    await closeAll(started);
    throw error;
  }
}

interface Started {
  readonly name: string;
  readonly pid: number;
  close(): Promise<void>;
}

async function compose(options: StackOptions, started: Started[]): Promise<Stack> {
  const { dir, ports = {}, from = 'blue', plain = false } = options;
  const to = otherColor(from);
  const tokens = options.tokens ?? {
    edgeAdmin: token(),
    colorAdmin: token(),
    pinSecrets: [token(), token()],
  };
  const logDir = join(dir, 'logs');
  const run: Site['run'] = async (name, module, settings, env = {}) => {
    const child = await startChild({ name, module, settings, logDir, env });
    started.push(child);
    return child;
  };
  const at = (module: string): URL => sibling(module, import.meta.url);

  // The services read the config through the first entry, which starts after them.
  const free = await freePorts(options.regions.length);
  const regions = options.regions.map((name, i) => ({ name, port: ports.entries?.[i] ?? free[i] ?? 0 }));
  const platform = await startPlatform(options.platform ?? 'embedded', {
    dir,
    logDir,
    service: SERVICE,
    from,
    regions,
    host: options.entryHost ?? '127.0.0.1',
    ports,
    tokens,
    routes: plain ? {} : ROUTES,
    plain,
    run,
    own: (name, server) => started.push({ name, pid: server.pid, close: () => server.stop() }),
    tell: options.tell ?? (() => undefined),
  });

  const visibility = options.visibilityTimeoutS ?? 20;
  const infraSettings = { ...platform.infra, port: ports.store ?? 0, visibilityTimeoutS: visibility };
  const infra =
    platform.infra === null
      ? null
      : ((await run('infra', at('./infra/main.ts'), infraSettings)).ready as unknown as InfraReady);

  const service = (color: Color): Promise<Child> =>
    run(
      color,
      at('./service/main.ts'),
      {
        ...options.service,
        color,
        port: ports[color] ?? 0,
        service: SERVICE,
        region: options.regions[0],
        ...infra,
        visibilityTimeoutS: visibility,
        edge: `http://127.0.0.1:${regions[0]?.port ?? 0}`,
      },
      { DOCS_RAG_ADMIN_TOKEN: tokens.colorAdmin, CUTOVER_EDGE_TOKEN: tokens.edgeAdmin, ALLOW_FAULTS: '1' },
    );
  const blue = await service('blue');
  const green = await service('green');
  const colors = { blue: String(blue.ready['url']), green: String(green.ready['url']) };
  const identities = { blue: String(blue.ready['INDEX_HASH']), green: String(green.ready['INDEX_HASH']) };
  const releases = { blue: `${SERVICE}-blue-1`, green: `${SERVICE}-green-1` };

  const edge = await platform.startEdge(colors);
  const { entries } = edge;
  const admin = new EdgeAdmin(entries, tokens.edgeAdmin);
  await admin.writeFirst(firstConfig({ from, to, releases }), (config) => edge.writeFirst(config));
  // Who serves today is warm today; warming `to` is the switch's business.
  await Promise.all([1, 2].map(() => callJson(colors[from], undefined, { 'x-warm': '1' })));
  admin.watch();

  const ledger = join(dir, `ledger-${Date.now().toString(36)}.ndjson`);
  const generator = await run('traffic', at('./traffic/main.ts'), {
    entries,
    ledger,
    identities,
    cohorts: await signed(options.cohorts ?? [], tokens),
    ...(infra === null ? { mix: READING_MIX } : {}),
    ...options.traffic,
  });
  const control = String(generator.ready['control']);
  const traffic: Stack['traffic'] = {
    start: async (rate) =>
      (await callJson(`${control}/start`, rate === undefined ? {} : { rate })) as TrafficStats,
    stop: async () => (await callJson(`${control}/stop`, {}, {}, 60_000)) as TrafficStats,
    stats: async () => (await callJson(`${control}/stats`)) as TrafficStats,
  };

  const setFault = async (name: StackFault): Promise<void> => {
    const authorization = `Bearer ${tokens.colorAdmin}`;
    // A stuck queue is the old color's trouble, what neither build nor machine can help is of both; everything else breaks the new one.
    const where = name === 'queue-stuck' ? from : to;
    for (const color of [from, to]) {
      const isHere = color === where || OF_BOTH.has(name);
      const fault = isHere && name !== 'cache-leak' ? name : 'none';
      await callJson(`${colors[color]}/__fault`, { name: fault }, { authorization });
    }
    await edge.setCacheLeak?.(name === 'cache-leak');
  };
  if (options.fault !== undefined) await setFault(options.fault);

  const ledgerCheck: Stack['ledgerCheck'] = async (
    outcome,
    { drainMs = 30_000, sinceGeneration = 0 } = {},
  ) => {
    await traffic.stop();
    await admin.flush();
    const dump = infra === null ? null : await dumpOnceDry(infra.store, drainMs);
    if (dump !== null) await writeFile(join(dir, 'store-dump.json'), JSON.stringify(dump));
    const story = { ledgerFile: ledger, storeDump: dump, edgeLogs: edge.logs, configs: admin.history() };
    return checkLedger({ ...story, from, to, outcome, sinceGeneration });
  };

  return {
    entries,
    colors,
    releases,
    identities,
    infra,
    edgePlan: edge.plan,
    workerEnv: {
      ...edge.env,
      CUTOVER_ADMIN_TOKEN: tokens.edgeAdmin,
      CUTOVER_COLOR_TOKEN: tokens.colorAdmin,
      CUTOVER_PIN_SECRET: tokens.pinSecrets[0] ?? '',
    },
    logGlob: join(dir, 'edge', '*.ndjson'),
    ledger,
    tokens,
    pids: Object.fromEntries(started.map((child) => [child.name, child.pid])),
    traffic,
    setFault,
    edgeConfig: () => admin.read(),
    ledgerCheck,
    close: async () => {
      admin.close();
      await closeAll(started);
    },
  };
}

/** As a login would, once for the whole life of this stack. */
function signed(cohorts: readonly Cohort[], { pinSecrets }: StackTokens): Promise<SignedCohort[]> {
  const expMs = Date.now() + LONGEST_PIN_LIFE_MS.user - CLOCK_SLACK_MS;
  return Promise.all(
    cohorts.map(async ({ name, percent }) => ({
      percent,
      pin: await signPin({ service: SERVICE, cohort: name, kind: 'user', expMs }, pinSecrets),
    })),
  );
}

async function closeAll(started: readonly Started[]): Promise<void> {
  for (const child of started.toReversed()) await child.close();
}

/** The world before a switch: everybody on `from`, both colors able to write, jobs to `from`. */
function firstConfig(side: { from: Color; to: Color; releases: Stack['releases'] }): EdgeConfig {
  return {
    schema: 1,
    service: SERVICE,
    generation: 1,
    writer: 'stack/first',
    salt: 'first',
    from: side.from,
    to: side.to,
    topology: 'weight',
    weightPercent: 0,
    cohorts: [],
    writes: { blue: 'open', green: 'open' },
    freezeUntilMs: null,
    producer: side.from,
    cacheEpoch: { blue: 1, green: 1 },
    releases: side.releases,
  };
}

/** What the store and the queues hold, when nothing moves in them any more or the time is over. */
async function dumpOnceDry(store: string, withinMs: number): Promise<StoreDump> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const dump = (await callJson(`${store}/dump`)) as StoreDump;
    if (isDry(dump) || Date.now() >= deadline) return dump;
    await sleep(250);
  }
}

function isDry(dump: StoreDump): boolean {
  return dump.queues.every((q) => q.ready + q.inFlight + q.delayed === 0);
}

function token(): string {
  return randomBytes(24).toString('base64url');
}
