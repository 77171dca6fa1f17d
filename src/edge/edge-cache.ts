/**
 * The router's answer cache, split by color and epoch.
 *
 * Invariant: color and epoch are part of every key, and every entry carries the color that wrote it, so one color's
 * answer is never served to the other's users even when the keys collide. Raising an epoch empties a namespace at once.
 * Host and the headers named by `Vary` are part of the key too. Only complete answers are stored, and what was asked
 * with a user's own key or cookie is shared only where the answer says `public` or `s-maxage`.
 */
import type { Color } from '../domain/color.ts';
import { concat } from '../domain/concat.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import { isShared, isStorable, varyNames } from './cache-rules.ts';
import type { CacheLike } from './cloudflare-types.ts';
import { H } from './headers.ts';
import { underAny } from './paths.ts';
import type { RouterRequest } from './router-request.ts';

/** Answers larger than this are not cached, bytes. */
export const MAX_CACHED_BYTES = 1_048_576;
const NEVER_STORED = ['set-cookie', 'x-instance-id', 'x-cold-start', 'connection', 'transfer-encoding'];

export interface CacheFaults {
  /** Demo fault: `to` reads and writes `from`'s namespace. */
  cacheLeak: boolean;
}

export interface EdgeCacheOptions {
  readonly service: string;
  /** Path prefixes whose GET answers may be cached. */
  readonly routes: readonly string[];
  /** Lower-case names of request headers that say who asks. */
  readonly personal: readonly string[];
  readonly open: () => Promise<CacheLike>;
  /** Name of the cache that answers this request, as lines carry it. */
  readonly node: (request: RouterRequest) => string;
  readonly faults: CacheFaults;
}

/** Where an answer lies. */
export interface CacheSpot {
  readonly prefix: string;
  readonly host: string;
  /** Path and query. */
  readonly key: string;
}

interface Stored {
  readonly headers: Headers;
  readonly body: readonly Uint8Array[];
}

export class EdgeCache {
  readonly #options: EdgeCacheOptions;

  constructor(options: EdgeCacheOptions) {
    this.#options = options;
  }

  covers(request: RouterRequest, path: string): boolean {
    // Who answers depends on a credential: not even `public` is worth the risk.
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

  node(request: RouterRequest): string {
    return this.#options.node(request);
  }

  /** @returns true when the answer to a request with these headers may be kept for others. */
  keeps(asked: Headers, status: number, headers: Headers): boolean {
    return isStorable(status, headers) && (!this.#isPersonal(asked) || isShared(headers));
  }

  /**
   * @param asked headers of the request; null finds whatever is stored there for anybody.
   * @returns the entry if this color wrote it; one of the other color is as good as none.
   */
  async match(color: Color, spot: CacheSpot, asked: Headers | null): Promise<Response | undefined> {
    const entry = await this.#ownEntry(color, urlOf(spot, ''));
    if (entry === undefined || asked === null) return entry;
    const names = entry.headers.get(H.varies);
    const found =
      names === null
        ? entry
        : await this.#ownEntry(color, urlOf(spot, await variantOf(names.split(','), asked)));
    if (found === undefined || !this.#isPersonal(asked) || isShared(found.headers)) return found;
    await found.body?.cancel();
    return undefined;
  }

  async put(color: Color, spot: CacheSpot, asked: Headers, answer: Stored): Promise<void> {
    const headers = new Headers(answer.headers);
    for (const name of NEVER_STORED) headers.delete(name);
    headers.set(H.storedBy, color);
    const cache = await this.#options.open();
    const names = varyNames(headers) ?? [];
    const variant = names.length === 0 ? '' : await variantOf(names, asked);
    await cache.put(urlOf(spot, variant), new Response(concat(answer.body), { status: 200, headers }));
    if (variant === '') return;
    const signpost = new Headers({ [H.storedBy]: color, [H.varies]: names.join(',') });
    signpost.set('cache-control', headers.get('cache-control') ?? '');
    await cache.put(urlOf(spot, ''), new Response('', { status: 200, headers: signpost }));
  }

  #isPersonal(asked: Headers): boolean {
    return this.#options.personal.some((name) => asked.has(name));
  }

  async #ownEntry(color: Color, url: string): Promise<Response | undefined> {
    const cache = await this.#options.open();
    const entry = await cache.match(url);
    if (entry === undefined || entry.headers.get(H.storedBy) === color) return entry;
    await entry.body?.cancel();
    return undefined;
  }
}

/** The whole of the fault `cache-leak`. */
function leaked(faults: CacheFaults, config: EdgeConfig | null, color: Color): Color {
  return faults.cacheLeak && config !== null && color === config.to ? config.from : color;
}

/** A digest, because two requests that select different answers must never meet. */
async function variantOf(names: readonly string[], asked: Headers): Promise<string> {
  const text = JSON.stringify(names.map((name) => [name, asked.get(name)]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function urlOf({ prefix, host, key }: CacheSpot, variant: string): string {
  return `https://cache.cutover/${prefix}/${host}/${variant}${key}`;
}
