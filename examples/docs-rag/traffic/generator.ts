/**
 * Open-loop traffic: operations start by the clock, not when the last one ended, so that a slow service is
 * seen as slow; at most `maxInFlight` at once.
 *
 * Invariant: every operation that was started is tried, with the same keys, until it is answered or its 30
 * seconds are over, and the ledger says which.
 */
import type { Color } from '../../../src/domain/color.ts';
import { sleep } from '../shared/http.ts';
import { Client } from './client.ts';
import type { Attempt } from './client.ts';
import { Ledger } from './ledger.ts';
import { Workload } from './workload.ts';
import type { Entry, Mix, Planned, SignedCohort } from './workload.ts';

const GIVE_UP_MS = 30_000;
const TICK_MS = 10;

export interface GeneratorOptions {
  readonly entries: readonly Entry[];
  readonly ledger: string;
  readonly identities: Readonly<Record<Color, string>>;
  readonly questions: readonly string[];
  readonly users: number;
  /** Operations per second. */
  readonly rate: number;
  readonly maxInFlight: number;
  readonly seed: number;
  readonly run: string;
  readonly mix?: Mix;
  readonly cohorts?: readonly SignedCohort[];
}

export interface TrafficStats {
  readonly running: boolean;
  readonly rate: number;
  readonly started: number;
  readonly answered: number;
  readonly failed: number;
  readonly inFlight: number;
  /** Not started because too many were in flight. */
  readonly shed: number;
  /** Attempts refused by a freeze or a read-only color, and tried again. */
  readonly refused: number;
  /** Other attempts that were tried again. */
  readonly retried: number;
  readonly byColor: Readonly<Record<Color, number>>;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export class Generator {
  readonly #options: GeneratorOptions;
  readonly #ledger: Ledger;
  readonly #workload: Workload;
  readonly #client = new Client();
  readonly #byColor: Record<Color, number> = { blue: 0, green: 0 };
  readonly #recentMs: number[] = [];
  #rate: number;
  #timer: NodeJS.Timeout | null = null;
  #op = 0;
  #inFlight = 0;
  #answered = 0;
  #failed = 0;
  #shed = 0;
  #refused = 0;
  #retried = 0;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#rate = options.rate;
    this.#ledger = new Ledger(options.ledger);
    this.#workload = new Workload(options);
    this.#ledger.write({ t: 'meta', at: Date.now(), identities: options.identities });
  }

  start(rate?: number): void {
    if (rate !== undefined) this.#rate = rate;
    if (this.#timer !== null) return;
    let owed = 0;
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      // A stalled machine must not be answered with a burst.
      owed = Math.min(owed + ((nowMs - lastMs) / 1000) * this.#rate, this.#rate / 2 + 1);
      lastMs = nowMs;
      for (; owed >= 1; owed -= 1) this.#launch();
    }, TICK_MS);
  }

  /** Starts nothing more and finishes what is in flight. */
  async stop(): Promise<TrafficStats> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    while (this.#inFlight > 0) await sleep(20);
    await this.#ledger.drained();
    return this.stats();
  }

  stats(): TrafficStats {
    const sorted = this.#recentMs.toSorted((a, b) => a - b);
    const at = (q: number): number | null => sorted[Math.ceil(q * sorted.length) - 1] ?? null;
    return {
      running: this.#timer !== null,
      rate: this.#rate,
      started: this.#op,
      answered: this.#answered,
      failed: this.#failed,
      inFlight: this.#inFlight,
      shed: this.#shed,
      refused: this.#refused,
      retried: this.#retried,
      byColor: { ...this.#byColor },
      p50Ms: at(0.5),
      p95Ms: at(0.95),
    };
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#ledger.close();
    this.#client.close();
  }

  #launch(): void {
    if (this.#inFlight >= this.#options.maxInFlight) {
      this.#shed += 1;
      return;
    }
    this.#op += 1;
    this.#inFlight += 1;
    void this.#operate(this.#op, this.#workload.next()).finally(() => {
      this.#inFlight -= 1;
    });
  }

  async #operate(op: number, planned: Planned): Promise<void> {
    const { kind, user, payload } = planned;
    const startedMs = Date.now();
    let attempt = 0;
    while (true) {
      attempt += 1;
      const region = planned.entry.region;
      this.#ledger.write({ t: 'sent', op, attempt, at: Date.now(), kind, user, region, payload });
      const { retryAfterMs, ...seen } = await this.#client.send(planned);
      const verdict = judge(seen);
      this.#ledger.write({ t: 'got', op, attempt, ...seen, final: verdict !== 'retry' });
      const overMs = Date.now() - startedMs;
      if (verdict === 'retry' && overMs < GIVE_UP_MS) {
        if (seen.write === null) this.#retried += 1;
        else this.#refused += 1;
        await sleep(waitMs(seen, retryAfterMs, attempt));
        continue;
      }
      const ok = verdict === 'answered';
      this.#ledger.write({ t: 'end', op, at: Date.now(), ok, attempts: attempt, ms: overMs });
      planned.done(ok);
      this.#count(ok, seen);
      return;
    }
  }

  #count(ok: boolean, seen: Omit<Attempt, 'retryAfterMs'>): void {
    if (ok) this.#answered += 1;
    else this.#failed += 1;
    if (seen.color !== null) this.#byColor[seen.color] += 1;
    this.#recentMs.push(seen.ms);
    if (this.#recentMs.length > 500) this.#recentMs.shift();
  }
}

/** `retry`: refused for now, or nobody can say what happened; `refused`: asking again would not help. */
function judge(seen: Omit<Attempt, 'retryAfterMs'>): 'answered' | 'retry' | 'refused' {
  if (seen.error !== null || seen.write !== null || seen.status >= 500 || seen.status === 429) return 'retry';
  return seen.status >= 200 && seen.status < 300 ? 'answered' : 'refused';
}

function waitMs(seen: Omit<Attempt, 'retryAfterMs'>, retryAfterMs: number, attempt: number): number {
  if (retryAfterMs > 0) return Math.min(retryAfterMs, 5_000) * (0.9 + 0.2 * Math.random());
  if (seen.write !== null) return 250;
  return Math.min(2_000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
}
