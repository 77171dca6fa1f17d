/**
 * The local CDN: workerd (through miniflare) running the very Worker that is deployed, once per region.
 *
 * Invariant: loopback only; all regions share one Durable Object and one KV namespace, each has its own port,
 * isolate and cache, as points of presence do.
 */
import {
  Log,
  LogLevel,
  Miniflare,
  type Request as MiniflareRequest,
  Response as MiniflareResponse,
  type WorkerOptions,
} from 'miniflare';
import type { Color } from '../../domain/color.ts';
import { workerScript } from './bundle.ts';
import { LogFile } from './log-file.ts';
import { ROUTES, routeUrl, type Route } from '../contract.ts';

/** Same id on every start, so that plans and persisted data keep meaning the same namespace. */
const LOCAL_KV_NAMESPACE = 'cutover-config';
const COMPATIBILITY_DATE = '2026-04-01';
/** Without it the router learns of a client that left only when it writes to it. */
const COMPATIBILITY_FLAGS = ['enable_request_signal'];

export interface LocalRegion {
  readonly name: string;
  /** Edge point of presence, as written to the log. */
  readonly pop: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
}

export interface LocalEdgeOptions {
  readonly service: string;
  readonly regions: readonly LocalRegion[];
  /** Address of each color's stack. */
  readonly origins: Readonly<Record<Color, string>>;
  /** NDJSON, appended, one line per request. */
  readonly logFile: string;
  readonly adminToken: string;
  readonly pinSecrets: readonly string[];
  /** Keeps KV, Durable Object and cache over restarts; absent: all in memory. */
  readonly persistDir?: string;
  /** Address on which the regions' entries listen. @default 127.0.0.1 */
  readonly host?: string;
  /** Port of the explorer (KV over Cloudflare's REST shape). 0 or absent: any free port. */
  readonly port?: number;
  /** @default false */
  readonly allowFaults?: boolean;
  /** Further variables of the Worker (`WRITE_ROUTES`, `CACHE_ROUTES`, `CONFIG_TTL_MS`…). */
  readonly vars?: Readonly<Record<string, string>>;
}

export interface LocalEdge {
  readonly entries: readonly { readonly region: string; readonly url: string }[];
  /** Where `/__cutover/` routes are asked; the first region's. */
  readonly adminUrl: string;
  /** Base URL of Cloudflare's API (`CLOUDFLARE_BASE_URL`). */
  readonly explorerUrl: string;
  readonly kvNamespaceId: string;
  /** Switches the demo's faults in every region; needs `allowFaults`. */
  setFault(faults: { readonly cacheLeak: boolean }): Promise<void>;
  /** Ships every log line, then stops. */
  close(): Promise<void>;
}

export async function startLocalEdge(options: LocalEdgeOptions): Promise<LocalEdge> {
  const [first] = options.regions;
  if (first === undefined) throw new TypeError('the local edge needs at least one region');
  const [script, logs] = await Promise.all([workerScript(), LogFile.open(options.logFile)]);
  const mf = new Miniflare({
    host: '127.0.0.1',
    port: options.port ?? 0,
    log: new Log(LogLevel.ERROR),
    unsafeLocalExplorer: true,
    ...persistence(options.persistDir),
    workers: options.regions.map((region) => workerOf(options, region, first, script, logs)),
  });
  const ready = await mf.ready;
  const entries = await Promise.all(
    options.regions.map(async (region) => ({
      region: region.name,
      // Who listens on every address is asked on this one.
      url: trim(await mf.unsafeGetDirectURL(workerName(region))).replace('//0.0.0.0:', '//127.0.0.1:'),
    })),
  );
  const adminUrl = entries[0]?.url ?? '';
  const ask = (url: string, route: Route, body: unknown) => postAdmin(url, route, body, options.adminToken);
  let closed = false;
  return {
    entries,
    adminUrl,
    explorerUrl: `${trim(ready)}/cdn-cgi/explorer/api`,
    kvNamespaceId: LOCAL_KV_NAMESPACE,
    async setFault(faults) {
      await Promise.all(entries.map((entry) => ask(entry.url, ROUTES.fault, faults)));
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(entries.map((entry) => ask(entry.url, ROUTES.flush, {})));
      await mf.dispose();
      await logs.close();
    },
  };
}

function workerOf(
  options: LocalEdgeOptions,
  region: LocalRegion,
  first: LocalRegion,
  script: string,
  logs: LogFile,
): WorkerOptions {
  return {
    name: workerName(region),
    modules: [{ type: 'ESModule', path: 'worker.js', contents: script }],
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: COMPATIBILITY_FLAGS,
    unsafeDirectSockets: [{ host: options.host ?? '127.0.0.1', port: region.port ?? 0 }],
    kvNamespaces: { CONFIG_KV: LOCAL_KV_NAMESPACE },
    durableObjects: {
      CONFIG:
        region === first
          ? { className: 'ConfigObject', useSQLite: true }
          : { className: 'ConfigObject', useSQLite: true, scriptName: workerName(first) },
    },
    serviceBindings: {
      async LOGS(request: MiniflareRequest) {
        await logs.append(await request.text());
        return new MiniflareResponse(null, { status: 204 });
      },
    },
    bindings: {
      // Local KV answers with the newest value at once, so asking often is worth it.
      CONFIG_TTL_MS: '250',
      ...options.vars,
      SERVICE: options.service,
      REGION: region.name,
      EDGE_POP: region.pop,
      ORIGIN_BLUE: options.origins.blue,
      ORIGIN_GREEN: options.origins.green,
      ADMIN_TOKEN: options.adminToken,
      PIN_SECRETS: options.pinSecrets.join(','),
      ALLOW_FAULTS: options.allowFaults === true ? '1' : '0',
    },
  };
}

function workerName(region: LocalRegion): string {
  return `edge-${region.name}`;
}

function persistence(dir: string | undefined) {
  return dir === undefined
    ? {}
    : { kvPersist: `${dir}/kv`, durableObjectsPersist: `${dir}/do`, cachePersist: `${dir}/cache` };
}

async function postAdmin(url: string, route: Route, body: unknown, token: string): Promise<void> {
  const answer = await fetch(routeUrl(url, route), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  if (!answer.ok) throw new Error(`${route}: HTTP ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

function trim(url: URL): string {
  return url.href.replace(/\/$/, '');
}
