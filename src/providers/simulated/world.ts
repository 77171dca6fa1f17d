/**
 * The state of a simulated service: edge config, queues, caches, warm instances, one world for one rehearsal.
 * Invariant: time is what `now()` says and nothing else. The rehearsal's clock is skipped, so a worker sets it from
 * the time Temporal scheduled the activity; between two calls the world moves by exactly that much.
 */
import type { Color } from '../../domain/color.ts';
import type { EdgeConfig } from '../../domain/edge-config.ts';
import type { AnswerIdentity } from '../../domain/identity.ts';
import type { Fault } from './faults.ts';

export interface WorldOptions {
  readonly service: string;
  readonly from: Color;
  readonly to: Color;
  readonly regions: readonly string[];
  /** Default 1. */
  readonly seed?: number;
  readonly faults?: readonly Fault[];
  /** User requests per second over all regions at an average hour. Default 20. */
  readonly requestsPerSecond?: number;
  /** Jobs enqueued per second; 0 for a queue that only tests fill. Default 1. */
  readonly jobsPerSecond?: number;
  readonly releases?: Readonly<Record<Color, string>>;
  readonly identities?: Readonly<Record<Color, AnswerIdentity>>;
}

export interface NativeWeight {
  readonly atMs: number;
  readonly weightPercent: number;
  /** Null: nobody since the vendor started anew. */
  readonly writer: string | null;
  readonly generation: number;
}

export interface SimulatedJob {
  readonly key: string;
  readonly body: string;
  readonly atMs: number;
  heldUntilMs: number;
  /** Not to be had before this, epoch ms; absent: at once. */
  readonly dueMs?: number;
}

/** A job is done this long after it arrived, ms. */
const JOB_MS = 400;
/** How far back arrivals are played when the clock jumps, ms: older jobs would be done anyway. */
const REPLAY_MS = 2_000;

const IDENTITY: AnswerIdentity = {
  INDEX_HASH: 'sha256:simulated',
  metric: 'cosine',
  analyzer: 'standard',
  embedModel: 'simulated-1',
  reranker: 'none',
};

export class SimulatedWorld {
  readonly options: Required<WorldOptions>;
  /** Epoch ms. Real time until a worker sets it. */
  now: () => number = Date.now;
  /** Every generation with the instant it was stored, oldest first. */
  readonly history: { readonly atMs: number; readonly config: EdgeConfig }[] = [];
  readonly appliedKeys = new Set<string>();
  /** Weights at the vendor that moves users, oldest first; empty and unused where the router does. */
  readonly weights: NativeWeight[] = [];
  /** How that vendor deals users; null where the router does. */
  deals: { readonly lagMs: number; readonly isSticky: boolean } | null = null;
  readonly cached: Readonly<Record<Color, Set<string>>> = { blue: new Set(), green: new Set() };
  /** How many instances a color had warm, from then on; oldest first. */
  readonly warmings: { readonly atMs: number; readonly color: Color; readonly pings: number }[] = [];
  readonly retired = new Set<Color>();
  readonly done: Record<Color, number> = { blue: 0, green: 0 };
  readonly deadLetters: Readonly<Record<Color, SimulatedJob[]>> = { blue: [], green: [] };
  /** Queues that take no job from a move. */
  readonly refusing = new Set<Color>();
  readonly #queues: Readonly<Record<Color, SimulatedJob[]>> = { blue: [], green: [] };
  readonly #spent = new Set<Fault>();
  #playedToMs: number | null = null;

  constructor(options: WorldOptions) {
    this.options = {
      seed: 1,
      faults: [],
      requestsPerSecond: 20,
      jobsPerSecond: 1,
      releases: { blue: 'blue-1', green: 'green-1' },
      identities: { blue: IDENTITY, green: IDENTITY },
      ...options,
      regions: options.regions.length === 0 ? ['local'] : options.regions,
    };
  }

  has(fault: Fault): boolean {
    return this.options.faults.includes(fault);
  }

  /** True the first time only: for faults that happen once. */
  spend(fault: Fault): boolean {
    if (!this.has(fault) || this.#spent.has(fault)) return false;
    this.#spent.add(fault);
    return true;
  }

  /** True of a fault that begins with the canary, once users are on `to`. */
  hasNow(fault: Fault): boolean {
    return this.has(fault) && this.history.some(({ config }) => config.weightPercent > 0);
  }

  get stored(): EdgeConfig | null {
    return this.history.at(-1)?.config ?? null;
  }

  /** What a region serves: the newest generation that has had the time to get there. */
  seenBy(region: string, atMs: number): EdgeConfig | null {
    const delayMs = this.delayOf(region);
    return this.history.findLast((entry) => entry.atMs + delayMs <= atMs)?.config ?? null;
  }

  /** The weight that the vendor acts on at an instant. */
  weightAt(atMs: number): NativeWeight {
    const lagMs = this.deals?.lagMs ?? 0;
    const acted = this.weights.findLast((one) => one.atMs + (one.writer === null ? 0 : lagMs) <= atMs);
    return acted ?? { atMs: 0, weightPercent: 0, writer: null, generation: 0 };
  }

  /** Share of users that come to `to` in a region at an instant, percent. */
  shareAt(region: string, atMs: number): number {
    if (this.deals !== null) return this.weightAt(atMs).weightPercent;
    return this.seenBy(region, atMs)?.weightPercent ?? 0;
  }

  /** Warm instances of a color at an instant. */
  warmAt(color: Color, atMs: number): number {
    return this.warmings.findLast((one) => one.color === color && one.atMs <= atMs)?.pings ?? 0;
  }

  /** The vendor starts anew, with the weight that its file holds. */
  restartTraffic(weightPercent = 0): void {
    this.weights.push({ atMs: this.now(), weightPercent, writer: null, generation: 0 });
  }

  /** Propagation to a region, ms: the farther down the list, the later. */
  delayOf(region: string): number {
    return 400 + 700 * Math.max(0, this.options.regions.indexOf(region));
  }

  /** Jobs of a color's queue as they stand now. */
  jobs(color: Color): SimulatedJob[] {
    this.#play();
    return this.#queues[color];
  }

  /** Lets producers and consumers do what they did since the last look. */
  #play(): void {
    const now = this.now();
    const since = Math.max(this.#playedToMs ?? now, now - REPLAY_MS);
    this.#playedToMs = Math.max(this.#playedToMs ?? now, now);
    const { jobsPerSecond, from } = this.options;
    if (jobsPerSecond === 0) return;
    const config = this.stored;
    const producer = config?.producer ?? from;
    const everyMs = 1000 / jobsPerSecond;
    for (let at = Math.ceil(since / everyMs) * everyMs; at < now; at += everyMs) {
      if (config?.freezeUntilMs !== null && config !== null && at < config.freezeUntilMs) continue;
      this.#queues[producer].push({
        key: `job-${at}`,
        body: `{"at":${at}}`,
        atMs: at,
        heldUntilMs: at + JOB_MS,
      });
    }
    for (const color of ['blue', 'green'] as const) {
      const queue = this.#queues[color];
      const finished = queue.filter((job) => Math.max(job.atMs, job.dueMs ?? 0) + JOB_MS <= now);
      // The stuck job is the oldest one of `from`: a consumer holds it and never comes back.
      const stuck = color === from && this.has('queue-stuck') ? finished.slice(0, 1) : [];
      for (const job of stuck) job.heldUntilMs = Number.POSITIVE_INFINITY;
      for (const job of finished) if (!stuck.includes(job)) queue.splice(queue.indexOf(job), 1);
      this.done[color] += finished.length - stuck.length;
    }
  }
}
