/**
 * What is costly to open (connections, followed files, models), kept while it is used.
 *
 * Invariants: the same key in the same environment is the same object as long as it is kept; nothing that may be in use is closed, and
 * nothing stays for ever: it goes when its switch ends here, or when nobody asked for it for long.
 */
import type { Closable } from './index.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface Entry {
  readonly env: WeakRef<Env>;
  readonly service: string;
  readonly made: Promise<Closable>;
  usedMs: number;
}

export interface KeptOptions {
  /** Closed when nobody asked for it this long, ms. */
  readonly idleMs: number;
  /** Beyond so many, those that no activity can still be using are closed, longest unused first. */
  readonly max: number;
}

/** No activity runs longer, ms. */
const BUSY_MS = 16 * 60_000;
const SWEEP_MS = 60_000;

export class KeptOpen {
  readonly #idleMs: number;
  readonly #max: number;
  /** Longest unused first. */
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new WeakMap<Env, number>();
  #count = 0;
  #sweeping: NodeJS.Timeout | null = null;

  constructor({ idleMs, max }: KeptOptions) {
    this.#idleMs = idleMs;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Opens once. A failure is not kept: a missing variable, package or file can be mended while the worker runs. */
  get<T extends object>(
    { env, service }: { env: Env; service: string },
    name: string,
    open: () => Promise<T>,
  ): Promise<T> {
    const id = this.#ids.get(env) ?? (this.#count += 1);
    this.#ids.set(env, id);
    const key = `${id} ${name}`;
    const known = this.#entries.get(key);
    const entry = known ?? { env: new WeakRef(env), service, made: open(), usedMs: 0 };
    entry.usedMs = Date.now();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (known === undefined) {
      entry.made.catch(() => this.#forget(key, entry));
      this.#sweeping ??= setInterval(() => this.sweep(Date.now()), SWEEP_MS).unref();
    }
    return entry.made as Promise<T>;
  }

  /** Closes everything of a service (its switch has ended), or of all services of an environment (the worker stops). */
  async release({ env, service }: { env: Env; service?: string }): Promise<void> {
    const its = [...this.#entries].filter(
      ([, one]) => (service === undefined || one.service === service) && one.env.deref() === env,
    );
    await Promise.all(its.map(([key, entry]) => this.#close(key, entry)));
  }

  /** Closes what nobody used for long; runs by itself every minute. */
  sweep(nowMs: number): void {
    for (const [key, entry] of this.#entries) {
      const idleMs = nowMs - entry.usedMs;
      const isTooMany = this.#entries.size > this.#max && idleMs > BUSY_MS;
      if (idleMs > this.#idleMs || isTooMany) void this.#close(key, entry);
    }
  }

  async #close(key: string, entry: Entry): Promise<void> {
    this.#forget(key, entry);
    try {
      await (await entry.made).close?.();
    } catch {
      // It never opened, or breaks as it closes: it is not used again either way.
    }
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    if (this.#entries.size > 0 || this.#sweeping === null) return;
    clearInterval(this.#sweeping);
    this.#sweeping = null;
  }
}
