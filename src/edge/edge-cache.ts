/**
 * The router's answer cache, split by color and epoch.
 *
 * Invariant: color and epoch are part of every key, and every entry carries the color that wrote it, so one color's
 * answer is never served to the other's users even when the keys collide. Raising an epoch empties a namespace at once.
 * Only complete answers are stored.
 */
import type { Color } from '../domain/color.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import type { CacheLike } from './cloudflare-types.ts';
import { H } from './headers.ts';
import { concat } from './whole-body.ts';

/** Answers larger than this are not cached, bytes. */
export const MAX_CACHED_BYTES = 1_048_576;
const REMEMBERED_KEYS = 20_000;
const NEVER_STORED = ['set-cookie', 'x-instance-id', 'x-cold-start', 'connection', 'transfer-encoding'];

export interface CacheFaults {
  /** Demo fault: `to` reads and writes `from`'s namespace. */
  cacheLeak: boolean;
}

export interface EdgeCacheOptions {
  readonly service: string;
  /** Path prefixes whose GET answers may be cached. */
  readonly routes: readonly string[];
  readonly open: () => Promise<CacheLike>;
  readonly faults: CacheFaults;
}

interface Stored {
  readonly headers: Headers;
  readonly body: readonly Uint8Array[];
}

export class EdgeCache {
  readonly #options: EdgeCacheOptions;
  readonly #seen = new Set<string>();

  constructor(options: EdgeCacheOptions) {
    this.#options = options;
  }

  covers(request: Request, path: string): boolean {
    // A shared cache must not keep answers to authenticated requests.
    return (
      request.method === 'GET' &&
      underAny(this.#options.routes, path) &&
      !request.headers.has('authorization')
    );
  }

  prefix(config: EdgeConfig | null, color: Color): string {
    const namespace = leaked(this.#options.faults, config, color);
    return `${this.#options.service}/${namespace}/${config?.cacheEpoch[namespace] ?? 0}`;
  }

  /** @returns the entry if this color wrote it; one of the other color is as good as none. */
  async match(color: Color, prefix: string, key: string): Promise<Response | undefined> {
    const cache = await this.#options.open();
    const entry = await cache.match(urlOf(prefix, key));
    if (entry === undefined || entry.headers.get(H.storedBy) === color) return entry;
    await entry.body?.cancel();
    return undefined;
  }

  /** True when this isolate looked the key up before in this namespace; remembers it. */
  repeats(prefix: string, key: string): boolean {
    const id = `${prefix}|${key}`;
    if (this.#seen.has(id)) return true;
    if (this.#seen.size >= REMEMBERED_KEYS) this.#seen.clear();
    this.#seen.add(id);
    return false;
  }

  async put(color: Color, prefix: string, key: string, answer: Stored): Promise<void> {
    const headers = new Headers(answer.headers);
    for (const name of NEVER_STORED) headers.delete(name);
    headers.set(H.storedBy, color);
    const cache = await this.#options.open();
    await cache.put(urlOf(prefix, key), new Response(concat(answer.body), { status: 200, headers }));
  }
}

/** @returns true when the origin allows a shared cache to keep the answer. */
export function isStorable(answer: Response): boolean {
  const control = answer.headers.get('cache-control') ?? '';
  return (
    answer.status === 200 &&
    /max-age=[1-9]/.test(control) &&
    !/no-store|private/.test(control) &&
    !answer.headers.has('set-cookie')
  );
}

export function underAny(prefixes: readonly string[], path: string): boolean {
  return prefixes.some(
    (prefix) => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`),
  );
}

/** The whole of the fault `cache-leak`. */
function leaked(faults: CacheFaults, config: EdgeConfig | null, color: Color): Color {
  return faults.cacheLeak && config !== null && color === config.to ? config.from : color;
}

function urlOf(prefix: string, key: string): string {
  return `https://cache.cutover/${prefix}${key}`;
}
