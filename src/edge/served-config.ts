/**
 * The last good config of this isolate: read at most every TTL, never replaced by an older generation.
 *
 * Invariant: staleness is bounded. What could not be confirmed for `maxStaleMs` is served as doubt. An isolate that never
 * reached the store serves what an earlier one of its place remembered, in doubt, and knows nothing else.
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

/** Keeps the newest config where a fresh isolate of the same place finds it. */
export interface ConfigMemory {
  recall(): Promise<EdgeConfig | null>;
  keep(config: EdgeConfig): Promise<void>;
}

export interface ServedConfigOptions {
  /** Reads the store; null means it answered that there is none. */
  readonly load: () => Promise<EdgeConfig | null>;
  readonly ttlMs: number;
  readonly maxStaleMs: number;
  readonly memory?: ConfigMemory;
  /** Longest time a request waits for a read, ms. @default 1000 */
  readonly timeoutMs?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

type Defer = (work: Promise<unknown>) => void;

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
  async current(defer: Defer): Promise<Served> {
    const { ttlMs } = this.#options;
    const now = this.#now();
    const age = this.#confirmedMs === null ? Number.POSITIVE_INFINITY : now - this.#confirmedMs;
    if (age >= ttlMs && now - this.#attemptMs >= ttlMs) {
      this.#attemptMs = now;
      const refreshed = this.refresh(defer);
      if (age < 2 * ttlMs) defer(refreshed);
      else await refreshed;
    } else if (this.#confirmedMs === null && this.#config === null) {
      // The first requests of an isolate each read for themselves: one may not wait on another's I/O here.
      await this.refresh(defer);
    }
    return this.peek();
  }

  peek(): Served {
    const ageMs = this.#confirmedMs === null ? null : this.#now() - this.#confirmedMs;
    return { config: this.#config, doubt: ageMs === null || ageMs > this.#options.maxStaleMs, ageMs };
  }

  /** Reads the store now; a failure leaves the last good config in place. */
  async refresh(defer: Defer): Promise<void> {
    const { load, memory, timeoutMs = 1000 } = this.#options;
    try {
      const read = await withTimeout(load(), timeoutMs);
      // A store that forgot what was written confirms nothing.
      if (read === null && this.#config !== null) return;
      this.#confirmedMs = this.#now();
      if (read === null || read.generation < (this.#config?.generation ?? 0)) return;
      const isNews = read.generation !== this.#config?.generation;
      this.#config = read;
      if (isNews && memory !== undefined) defer(memory.keep(read).catch(() => undefined));
    } catch {
      // Not an error of this request: the age tells how much the last good config is still worth.
      if (this.#config === null && memory !== undefined) await this.#recall(memory, timeoutMs);
    }
  }

  async #recall(memory: ConfigMemory, timeoutMs: number): Promise<void> {
    const recalled = await withTimeout(memory.recall(), timeoutMs).catch(() => null);
    // Another request may have read the store meanwhile.
    if (this.#confirmedMs === null) this.#config ??= recalled;
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
