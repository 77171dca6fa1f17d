/**
 * From the name in a plan to the provider: built-in, or a module of the user's own.
 * Invariant: only the vendors a plan names are loaded (DuckDB and the AWS SDK are large), and what a module exports is
 * checked before it is believed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../domain/errors.ts';
import { PORT_NAMES, type Provider } from '../ports/index.ts';

const BUILT_IN: Readonly<Record<string, () => Promise<Provider>>> = {
  cloudflare: async () => built('cloudflare', await import('./cloudflare/index.ts')),
  duckdb: async () => (await import('./duckdb/index.ts')).provider,
  folder: async () => (await import('./evidence/folder.ts')).provider,
  http: async () => ({
    ...(await import('./http/index.ts')).provider,
    gate: (await import('./custom-gates/http.ts')).httpGate,
  }),
  log: async () => (await import('./notify/index.ts')).logProvider,
  pings: async () => (await import('./pings/index.ts')).provider,
  prometheus: async () => (await import('./custom-gates/prometheus.ts')).provider,
  router: async () => (await import('./router/index.ts')).provider,
  s3: async () => (await import('./evidence/s3.ts')).provider,
  simulated: async () => (await import('./simulated/index.ts')).provider,
  sqs: async () => (await import('./sqs/index.ts')).provider,
  webhook: async () => (await import('./notify/index.ts')).webhookProvider,
};

/** Names a plan can use without a module of its own. */
export const BUILT_IN_PROVIDERS: readonly string[] = Object.keys(BUILT_IN);

/**
 * @param use a built-in name, a path (`./x`, `/x`, `file:`) or a package name; packages and relative paths are looked
 *   up from `cwd`. The module exports a provider made by `defineProvider`, as default or as `provider`.
 * @throws UserError with the list of built-in names when nothing answers to `use`.
 */
export async function resolveProvider(use: string, cwd: string = process.cwd()): Promise<Provider> {
  const builtIn = Object.hasOwn(BUILT_IN, use) ? BUILT_IN[use] : undefined;
  if (builtIn !== undefined) return builtIn();
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
    typeof candidate['name'] === 'string' && PORT_NAMES.some((port) => typeof candidate[port] === 'function')
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error);
}
