/**
 * The last good config of this isolate: read at most every TTL, never replaced by an older generation.
 *
 * Invariant: staleness is bounded. What could not be confirmed for `maxStaleMs` is served as doubt.
 * Within a TTL a request costs nothing; just past it the next request refreshes behind its own back; only after a
 * quiet time does a request wait for the read.
 */
import type { EdgeConfig } from '../domain/edge-config.ts';

export interface Served {
  /** Null when none was ever written, or none could be read yet. */
  readonly config: EdgeConfig | null;
  /** True when what is known can no longer be trusted. */
  readonly doubt: boolean;
  /** Ms since the store last confirmed it; null if never. */
  readonly ageMs: number | null;
}

export interface ServedConfigOptions {
  /** Reads the store; null means it answered that there is none. */
  readonly load: () => Promise<EdgeConfig | null>;
  readonly ttlMs: number;
  readonly maxStaleMs: number;
  /** Longest time a request waits for a read, ms. @default 1000 */
  readonly timeoutMs?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

export class ServedConfig {
  readonly #options: ServedConfigOptions;
  readonly #now: () => number;
  #config: EdgeConfig | null = null;
  #confirmedMs: number | null = null;
  #attemptMs = Number.NEGATIVE_INFINITY;

  constructor(options: ServedConfigOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** @param defer keeps a refresh alive after the answer (`ctx.waitUntil`). */
  async current(defer: (work: Promise<unknown>) => void): Promise<Served> {
    const { ttlMs } = this.#options;
    const now = this.#now();
    const age = this.#confirmedMs === null ? Number.POSITIVE_INFINITY : now - this.#confirmedMs;
    if (age >= ttlMs && now - this.#attemptMs >= ttlMs) {
      this.#attemptMs = now;
      const refreshed = this.refresh();
      if (age < 2 * ttlMs) defer(refreshed);
      else await refreshed;
    } else if (this.#confirmedMs === null) {
      // The first requests of an isolate each read for themselves: one may not wait on another's I/O here.
      await this.refresh();
    }
    return this.peek();
  }

  peek(): Served {
    const ageMs = this.#confirmedMs === null ? null : this.#now() - this.#confirmedMs;
    return { config: this.#config, doubt: ageMs === null || ageMs > this.#options.maxStaleMs, ageMs };
  }

  /** Reads the store now; a failure leaves the last good config in place. */
  async refresh(): Promise<void> {
    try {
      const read = await withTimeout(this.#options.load(), this.#options.timeoutMs ?? 1000);
      this.#confirmedMs = this.#now();
      if (read !== null && read.generation >= (this.#config?.generation ?? 0)) this.#config = read;
    } catch {
      // Not an error of this request: the age tells how much the last good config is still worth.
    }
  }
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
