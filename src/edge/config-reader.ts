/**
 * The edge config for work that no request carries: queue consumers, cron jobs, producers at the core.
 *
 * Invariant: bounded staleness. A config that could not be re-read for `maxStaleMs` is doubt, and doubt refuses writes.
 */
import { ADMIN_PREFIX, ROUTES } from './contract.ts';
import type { Color } from '../domain/color.ts';
import { isFrozen, type EdgeConfig } from '../domain/edge-config.ts';
import { isRecord } from '../domain/is-record.ts';
import { contextOf, type EdgeContext } from './app-kit.ts';
import { parseEdgeConfig } from './parse-config.ts';

export interface EdgeConfigReaderOptions {
  /** Reads the config now; null means none was ever written. See `loadFromEdge`. */
  readonly load: (signal: AbortSignal) => Promise<EdgeConfig | null>;
  /** Pause between reads, ms. @default 1000 */
  readonly everyMs?: number;
  /** Age after which the last config is doubt, ms. @default 10000 */
  readonly maxStaleMs?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

export class EdgeConfigReader {
  readonly #load: EdgeConfigReaderOptions['load'];
  readonly #everyMs: number;
  readonly #maxStaleMs: number;
  readonly #now: () => number;
  #config: EdgeConfig | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;
  #lastError: string | null = null;

  constructor(options: EdgeConfigReaderOptions) {
    this.#load = options.load;
    this.#everyMs = options.everyMs ?? 1000;
    this.#maxStaleMs = options.maxStaleMs ?? 10_000;
    this.#now = options.now ?? Date.now;
  }

  /** Reads once, then keeps reading until `stop`. A failed first read is not an error: it is doubt. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.refresh();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** The last config that is fresh enough, or null (doubt). */
  get config(): EdgeConfig | null {
    return this.#now() - this.#readAtMs <= this.#maxStaleMs ? this.#config : null;
  }

  /** Why the last read failed, or null. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** What `color` may do now; give it to `assertWritable` and `producerTopic`. */
  context(color: Color): EdgeContext {
    return contextOf(this.config, color);
  }

  /**
   * Whether `color` runs scheduled jobs now; ask at the start of each. None does in doubt, and none while writes are frozen for a flip:
   * a job that comes due then asks again some seconds later. It goes by the last read: a color that cannot read goes on for `maxStaleMs`
   * as before, so a job that must never run twice calls `refresh` first and skips where `lastError` is set.
   * @param first the color that runs them until a config was ever written: the router's `DEFAULT_COLOR`
   */
  runsSchedules(color: Color, first: Color): boolean {
    const nowMs = this.#now();
    if (nowMs - this.#readAtMs > this.#maxStaleMs) return false;
    const config = this.#config;
    return config === null ? color === first : config.producer === color && !isFrozen(config, nowMs);
  }

  async refresh(): Promise<void> {
    try {
      const read = await this.#load(AbortSignal.timeout(Math.max(this.#everyMs, 1000)));
      this.#lastError = null;
      this.#readAtMs = this.#now();
      // Regions catch up at different speeds: an older generation never replaces a newer one.
      if (read !== null && read.generation >= (this.#config?.generation ?? 0)) this.#config = read;
    } catch (cause) {
      this.#lastError = cause instanceof Error ? cause.message : String(cause);
    }
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.refresh().then(() => this.#schedule());
    }, this.#everyMs);
    // A consumer that has nothing else to do may exit.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}

/** Loads what a router serves from the router itself. Rejects while that router cannot confirm what it serves, and what else answers there. */
export function loadFromEdge(edge: {
  readonly url: string;
  readonly token: string;
}): EdgeConfigReaderOptions['load'] {
  return async (signal) => {
    const answer = await fetch(new URL(ADMIN_PREFIX + ROUTES.config, edge.url), {
      headers: { authorization: `Bearer ${edge.token}` },
      signal,
    });
    if (!answer.ok) throw new Error(`edge config: HTTP ${answer.status}`);
    const body: unknown = await answer.json();
    const { config, doubt } = isRecord(body) ? body : {};
    if (doubt === true) throw new Error('edge config: the router cannot confirm what it serves');
    const read = config === null ? null : parseEdgeConfig(config);
    if (doubt !== false || typeof read === 'string')
      throw new Error(
        `edge config: what answers is no router of cutover${typeof read === 'string' ? ` (${read})` : ''}`,
      );
    return read;
  };
}
