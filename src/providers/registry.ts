/**
 * From the name in a plan to the provider: built-in, or a module of the user's own.
 * Invariant: only the vendors that a plan names are loaded (DuckDB and the AWS SDK are large); their manifests, which are small, are
 * always there. What a module exports is checked before it is believed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../domain/errors.ts';
import { inTime } from '../in-time.ts';
import { MANIFEST_PORTS, portManifest, type Manifest, type ManifestPort } from '../ports/manifest.ts';
import { lexical, openAi, useLite } from '../probes/embed/manifests.ts';
import { manifest as bullmq } from './bullmq/manifest.ts';
import { manifest as clickhouse } from './clickhouse/manifest.ts';
import { manifest as cloudflare } from './cloudflare/manifest.ts';
import { manifest as cloudwatch } from './cloudwatch/manifest.ts';
import { manifest as duckdb } from './duckdb/manifest.ts';
import { manifest as folder } from './folder/manifest.ts';
import { manifest as haproxy } from './haproxy/manifest.ts';
import { manifest as http } from './http/manifest.ts';
import { manifest as log } from './log/manifest.ts';
import { assertPackages } from '../ports/peer.ts';
import { assertManifest } from './own-manifest.ts';
import { manifest as nats } from './nats/manifest.ts';
import { manifest as pings } from './pings/manifest.ts';
import { manifest as postgres } from './postgres/manifest.ts';
import type { Provider } from '../ports/index.ts';
import { manifest as prometheus } from './prometheus/manifest.ts';
import { manifest as rabbitmq } from './rabbitmq/manifest.ts';
import { manifest as redis } from './redis/manifest.ts';
import { manifest as router } from './router/manifest.ts';
import { manifest as s3 } from './s3/manifest.ts';
import { manifest as simulated } from './simulated/manifest.ts';
import { manifest as sqs } from './sqs/manifest.ts';
import { manifest as varnish } from './varnish/manifest.ts';
import { manifest as webhook } from './webhook/manifest.ts';

interface BuiltIn {
  readonly manifest: Manifest;
  readonly load: () => Promise<{ readonly provider: Provider }>;
}

/** A new vendor is a folder and its line here. */
const BUILT_IN: readonly BuiltIn[] = [
  { manifest: bullmq, load: () => import('./bullmq/index.ts') },
  { manifest: clickhouse, load: () => import('./clickhouse/index.ts') },
  { manifest: cloudflare, load: () => import('./cloudflare/index.ts') },
  { manifest: cloudwatch, load: () => import('./cloudwatch/index.ts') },
  { manifest: duckdb, load: () => import('./duckdb/index.ts') },
  { manifest: folder, load: () => import('./folder/index.ts') },
  { manifest: haproxy, load: () => import('./haproxy/index.ts') },
  { manifest: http, load: () => import('./http/index.ts') },
  { manifest: log, load: () => import('./log/index.ts') },
  { manifest: nats, load: () => import('./nats/index.ts') },
  { manifest: pings, load: () => import('./pings/index.ts') },
  { manifest: postgres, load: () => import('./postgres/index.ts') },
  { manifest: prometheus, load: () => import('./prometheus/index.ts') },
  { manifest: rabbitmq, load: () => import('./rabbitmq/index.ts') },
  { manifest: redis, load: () => import('./redis/index.ts') },
  { manifest: router, load: () => import('./router/index.ts') },
  { manifest: s3, load: () => import('./s3/index.ts') },
  { manifest: simulated, load: () => import('./simulated/index.ts') },
  { manifest: sqs, load: () => import('./sqs/index.ts') },
  { manifest: varnish, load: () => import('./varnish/index.ts') },
  { manifest: webhook, load: () => import('./webhook/index.ts') },
];

/** Names a plan can use without a module of its own. */
export const BUILT_IN_PROVIDERS: readonly string[] = BUILT_IN.map(({ manifest }) => manifest.name);

/** The manifests of all providers and embedders that are built in. */
export const MANIFESTS: readonly Manifest[] = [
  ...BUILT_IN.map(({ manifest }) => manifest),
  lexical,
  openAi,
  useLite,
];

/** The manifest of a built-in provider or embedder; undefined for a module of the user's own. */
export function manifestOf(use: string): Manifest | undefined {
  return MANIFESTS.find(({ name }) => name === use);
}

/** True of telemetry that counts requests and knows no users, as far as its manifest is built in. */
export function countsRequests(use: string): boolean {
  return manifestOf(use)?.ports.telemetry?.counts === 'requests';
}

/** The manifests of those that have a port. */
export function manifestsWith(port: ManifestPort): readonly Manifest[] {
  return MANIFESTS.filter((one) => portManifest(one, port) !== undefined);
}

/**
 * @param use a built-in name, a path (`./x`, `/x`, `file:`) or a package name; packages and relative paths are looked
 *   up from `cwd`. The module exports a provider made by `defineProvider`, as default or as `provider`.
 * @param waitMs how long a module may take to load; tests wait shorter
 * @throws NoProviderError with the list of built-in names when nothing answers to `use`
 * @throws UserError when the module does not load, exports no provider, or its manifest is wrong
 */
export async function resolveProvider(
  use: string,
  cwd: string = process.cwd(),
  waitMs: number = LOAD_MS,
): Promise<Provider> {
  const builtIn = BUILT_IN.find(({ manifest }) => manifest.name === use);
  if (builtIn !== undefined) {
    assertPackages(builtIn.manifest);
    return (await builtIn.load()).provider;
  }
  const provider = built(use, await loadInTime(use, cwd, waitMs));
  assertManifest(use, provider);
  return provider;
}

/** How long a module of the user's own may take to load, ms. */
const LOAD_MS = 20_000;

/** A module that waits for something as it is imported may wait for ever. */
async function loadInTime(use: string, cwd: string, waitMs: number): Promise<unknown> {
  const tried = await inTime(load(use, cwd), waitMs);
  if (tried.kind === 'done') return tried.value;
  if (tried.kind === 'failed') throw tried.cause;
  const hint = 'connect to a vendor when a port is asked, never as the module is imported';
  throw new UserError(`provider "${use}" is still loading after ${waitMs / 1000} s`, { hint });
}

/** There is no module of this name here, or a package that it imports is not installed. */
export class NoProviderError extends UserError {}

async function load(use: string, cwd: string): Promise<unknown> {
  const hint = `built in are ${BUILT_IN_PROVIDERS.join(', ')}; or name a module, by path or package`;
  let address: string;
  try {
    address = use.startsWith('file:')
      ? use
      : pathToFileURL(createRequire(join(cwd, 'plan')).resolve(use)).href;
  } catch (cause) {
    if (codeOf(cause) === 'MODULE_NOT_FOUND')
      throw new NoProviderError(`no provider "${use}"`, { hint, cause });
    // A package for `import` only: require cannot resolve it, Node's own import can.
    address = use;
  }
  try {
    return await import(address);
  } catch (cause) {
    const message = `provider "${use}" (${address}) does not load: ${messageOf(cause)}`;
    throw codeOf(cause) === 'ERR_MODULE_NOT_FOUND'
      ? new NoProviderError(message, { hint, cause })
      : new UserError(message, { hint: 'mend the module', cause });
  }
}

function built(use: string, module: unknown): Provider {
  const { default: byDefault, provider } = module as { default?: unknown; provider?: unknown };
  const found = [byDefault, provider].find(isProvider);
  if (found !== undefined) return found;
  throw new UserError(`module "${use}" exports no provider`, {
    hint: 'export `provider` (or a default) made by `defineProvider`: a name and at least one port factory',
  });
}

function isProvider(value: unknown): value is Provider {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Readonly<Record<string, unknown>>;
  return (
    typeof candidate['name'] === 'string' &&
    MANIFEST_PORTS.some((port) => typeof candidate[port] === 'function')
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error);
}
