/**
 * From the name in a plan to the provider: built-in, or a module of the user's own.
 * Invariant: only the vendors that a plan names are loaded (DuckDB and the AWS SDK are large); their manifests, which are small, are
 * always there. What a module exports is checked before it is believed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../domain/errors.ts';
import { MANIFEST_PORTS, portManifest, type Manifest, type ManifestPort } from '../ports/manifest.ts';
import { lexical, openAi, useLite } from '../probes/embed/manifests.ts';
import { manifest as cloudflare } from './cloudflare/manifest.ts';
import { manifest as duckdb } from './duckdb/manifest.ts';
import { manifest as folder } from './folder/manifest.ts';
import { manifest as http } from './http/manifest.ts';
import { manifest as log } from './log/manifest.ts';
import { assertPackages } from '../ports/peer.ts';
import { manifest as pings } from './pings/manifest.ts';
import type { Provider } from '../ports/index.ts';
import { manifest as prometheus } from './prometheus/manifest.ts';
import { manifest as redis } from './redis/manifest.ts';
import { manifest as router } from './router/manifest.ts';
import { manifest as s3 } from './s3/manifest.ts';
import { manifest as simulated } from './simulated/manifest.ts';
import { manifest as sqs } from './sqs/manifest.ts';
import { manifest as webhook } from './webhook/manifest.ts';

interface BuiltIn {
  readonly manifest: Manifest;
  readonly load: () => Promise<{ readonly provider: Provider }>;
}

/** A new vendor is a folder and its line here. */
const BUILT_IN: readonly BuiltIn[] = [
  { manifest: cloudflare, load: () => import('./cloudflare/index.ts') },
  { manifest: duckdb, load: () => import('./duckdb/index.ts') },
  { manifest: folder, load: () => import('./folder/index.ts') },
  { manifest: http, load: () => import('./http/index.ts') },
  { manifest: log, load: () => import('./log/index.ts') },
  { manifest: pings, load: () => import('./pings/index.ts') },
  { manifest: prometheus, load: () => import('./prometheus/index.ts') },
  { manifest: redis, load: () => import('./redis/index.ts') },
  { manifest: router, load: () => import('./router/index.ts') },
  { manifest: s3, load: () => import('./s3/index.ts') },
  { manifest: simulated, load: () => import('./simulated/index.ts') },
  { manifest: sqs, load: () => import('./sqs/index.ts') },
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

/** The manifests of those that have a port. */
export function manifestsWith(port: ManifestPort): readonly Manifest[] {
  return MANIFESTS.filter((one) => portManifest(one, port) !== undefined);
}

/**
 * @param use a built-in name, a path (`./x`, `/x`, `file:`) or a package name; packages and relative paths are looked
 *   up from `cwd`. The module exports a provider made by `defineProvider`, as default or as `provider`.
 * @throws UserError with the list of built-in names when nothing answers to `use`.
 */
export async function resolveProvider(use: string, cwd: string = process.cwd()): Promise<Provider> {
  const builtIn = BUILT_IN.find(({ manifest }) => manifest.name === use);
  if (builtIn !== undefined) {
    assertPackages(builtIn.manifest);
    return (await builtIn.load()).provider;
  }
  return built(use, await load(use, cwd));
}

async function load(use: string, cwd: string): Promise<unknown> {
  const hint = `built in are ${BUILT_IN_PROVIDERS.join(', ')}; or name a module, by path or package`;
  let address: string;
  try {
    address = use.startsWith('file:')
      ? use
      : pathToFileURL(createRequire(join(cwd, 'plan')).resolve(use)).href;
  } catch (cause) {
    if (codeOf(cause) === 'MODULE_NOT_FOUND') throw new UserError(`no provider "${use}"`, { hint, cause });
    // A package for `import` only: require cannot resolve it, Node's own import can.
    address = use;
  }
  try {
    return await import(address);
  } catch (cause) {
    throw new UserError(`provider "${use}" (${address}) does not load: ${messageOf(cause)}`, { cause });
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
