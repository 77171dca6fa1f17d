/**
 * The answer cache of one process: the oldest entries go when it is full.
 *
 * Invariant: an entry whose lifetime is over is never given out; what one entry may be is decided by the router, not here.
 */
import { lifetimeS } from '../cache-rules.ts';
import type { CacheLike } from '../cloudflare-types.ts';

interface Entry {
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly storedMs: number;
  readonly untilMs: number;
}

export class MemoryCache implements CacheLike {
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async match(url: string): Promise<Response | undefined> {
    const entry = this.#entries.get(url);
    if (entry === undefined) return undefined;
    const now = Date.now();
    if (now >= entry.untilMs) {
      this.#drop(url);
      return undefined;
    }
    // Asked for last, dropped last.
    this.#entries.delete(url);
    this.#entries.set(url, entry);
    const headers = new Headers(entry.headers);
    const ageS = Number(headers.get('age') ?? 0) + Math.floor((now - entry.storedMs) / 1000);
    headers.set('age', String(ageS));
    return new Response(entry.bytes, { status: 200, headers });
  }

  async put(url: string, response: Response): Promise<void> {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const now = Date.now();
    const lifeMs = lifetimeS(response.headers) * 1000;
    this.#drop(url);
    const size = sizeOf(url, bytes);
    if (lifeMs <= 0 || size > this.#maxBytes) return;
    this.#entries.set(url, { headers: response.headers, bytes, storedMs: now, untilMs: now + lifeMs });
    this.#bytes += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(url: string): void {
    const entry = this.#entries.get(url);
    if (entry === undefined) return;
    this.#entries.delete(url);
    this.#bytes -= sizeOf(url, entry.bytes);
  }
}

/** Headers are counted as a kilobyte. */
function sizeOf(url: string, bytes: Uint8Array): number {
  return bytes.byteLength + url.length + 1024;
}
