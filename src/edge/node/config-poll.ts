/**
 * Keeps the served config fresh on a timer, so that no request waits for a store, and says aloud when it cannot be read.
 *
 * Invariant: each change between readable and unreadable, and each new generation, is said once.
 */
import type { EdgeConfig } from '../../domain/edge-config.ts';
import { inTime } from '../../in-time.ts';
import { ServedConfig, type Served } from '../served-config.ts';

export interface ConfigPollOptions {
  /** Reads the store; null means it answered that there is none. */
  readonly load: (signal: AbortSignal) => Promise<EdgeConfig | null>;
  readonly everyMs: number;
  readonly maxStaleMs: number;
  readonly say: (text: string) => void;
}

/** Longest time of one read, ms. */
const READ_MS = 5000;
/** A read that does not heed its signal is given up after this, ms. */
const HANG_MS = READ_MS + 1000;
/** Shortest pause between two reads, ms: a TTL of 0 must not read without end. */
const MIN_PAUSE_MS = 10;

export class ConfigPoll {
  readonly #options: ConfigPollOptions;
  readonly #served: ServedConfig;
  #timer: NodeJS.Timeout | null = null;
  #reading: Promise<void> | null = null;
  #fault: string | null = null;
  #generation: number | null = null;
  #isAsking = false;
  #isStopped = false;

  constructor(options: ConfigPollOptions) {
    this.#options = options;
    const { everyMs: ttlMs, maxStaleMs } = options;
    this.#served = new ServedConfig({
      load: () => this.#load(),
      ttlMs,
      maxStaleMs,
      timeoutMs: 2 * HANG_MS,
      // A clock that is set must neither make doubt nor hide it.
      now: () => performance.now(),
    });
  }

  /** Reads once, then keeps reading until `stop`. */
  async start(): Promise<void> {
    await this.refresh();
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  peek(): Served {
    return this.#served.peek();
  }

  /** Reads from now on: a read that was under way before may have missed what the caller has written. */
  async refresh(): Promise<void> {
    await this.#reading;
    this.#reading ??= this.#served
      .refresh(() => undefined)
      .finally(() => {
        this.#reading = null;
        this.#tell();
      });
    await this.#reading;
  }

  async #load(): Promise<EdgeConfig | null> {
    try {
      const read = await this.#read();
      if (this.#fault !== null) this.#options.say('config: it can be read again');
      this.#fault = null;
      return read;
    } catch (cause) {
      const fault = cause instanceof Error ? cause.message : String(cause);
      if (fault !== this.#fault) {
        const { config } = this.peek();
        const kept =
          config === null ? 'none is known' : `generation ${config.generation} is served meanwhile`;
        this.#options.say(`config: it cannot be read, ${kept}: ${fault}`);
      }
      this.#fault = fault;
      throw cause;
    }
  }

  /** One at a time: a read that hangs (a mount that is away) holds one of the few threads that files and names need. */
  async #read(): Promise<EdgeConfig | null> {
    if (!this.#isAsking) {
      this.#isAsking = true;
      const asked = this.#ask().finally(() => {
        this.#isAsking = false;
      });
      const tried = await inTime(asked, HANG_MS);
      if (tried.kind === 'done') return tried.value;
      if (tried.kind === 'failed') throw tried.cause;
    }
    throw new Error(`no answer in ${HANG_MS} ms`);
  }

  /** Never throws but as a promise, whatever a provider of one's own does. */
  async #ask(): Promise<EdgeConfig | null> {
    return await this.#options.load(AbortSignal.timeout(READ_MS));
  }

  #tell(): void {
    const { config } = this.peek();
    if (config === null || config.generation === this.#generation) return;
    this.#generation = config.generation;
    const { from, to, weightPercent, generation } = config;
    this.#options.say(`config: generation ${generation}, ${weightPercent} % on ${to}, the others on ${from}`);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(
      () => {
        void this.refresh().then(() => this.#schedule());
      },
      Math.max(this.#options.everyMs, MIN_PAUSE_MS),
    );
  }
}
