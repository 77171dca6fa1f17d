/**
 * A made-up service whose every answer a test decides: verdicts by step, failures, lost replies, jobs that do not end, and
 * stops. A stop holds an activity where it is, and with it the skipped clock, until the test lets it go.
 */
import type { PinnedEntry } from '../../src/probes/pinned-entries.ts';
import type { Color } from '../../src/domain/color.ts';
import { firstConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/domain/errors.ts';
import type { Verdict } from '../../src/domain/gate.ts';
import type { HealthContract } from '../../src/domain/health.ts';
import type { Notification } from '../../src/domain/notification.ts';
import type { RouterCapabilities, StoreCapabilities } from '../../src/ports/index.ts';
import type { SimulatedTrafficOptions } from '../../src/providers/simulated/manifest.ts';
import { SimulatedWorld } from '../../src/providers/simulated/index.ts';

interface Stop {
  readonly reached: Promise<void>;
  readonly gone: Promise<void>;
  readonly reach: () => void;
  readonly go: () => void;
}

/** Where a test holds the world. */
export interface Held {
  /** Resolves when an activity stands there; rejects after 30 s. */
  readonly reached: Promise<void>;
  go(): void;
}

interface Failing {
  readonly kind: ProviderErrorKind;
  left: number;
  readonly retryAfterMs: number;
}

export class ScriptedService {
  readonly name: string;
  readonly writes: EdgeConfig[] = [];
  readonly told: Notification[] = [];
  readonly retired: Color[] = [];
  readonly primed: Color[] = [];
  /** What steps of the user's own had as effects, oldest first: the key of what was done, `undo ` and the key of what was undone. */
  readonly stepEffects: string[] = [];
  /** Keys of every call of a step, repeats too. */
  readonly stepCalls: string[] = [];
  /** Freezes and thaws of the fence of tables, in their order. */
  readonly fenced: string[] = [];
  /** Asked of the one gate, oldest first. */
  readonly looks: string[] = [];
  readonly jobs: Record<Color, number> = { blue: 0, green: 0 };
  /** Jobs that a consumer holds and does not finish. */
  readonly stuckJobs: Record<Color, number> = { blue: 0, green: 0 };
  /** Jobs that are not due yet. */
  readonly delayedJobs: Record<Color, number> = { blue: 0, green: 0 };
  /** A producer that never stops: so many jobs come to a color's queue with each move out of it. */
  readonly straggling: Record<Color, number> = { blue: 0, green: 0 };
  /** A slow broker: so many jobs of one move. */
  mostOfMove = Infinity;
  /** Set: every move is refused in these words. */
  refusal: { readonly why: string; readonly isLastTry: boolean } | null = null;
  /** Moves that were called, refused ones too. */
  moves = 0;
  /** What successive purges leave behind; then nothing. */
  readonly stillCached: number[] = [];
  /** Cold pings of successive rounds; then none. */
  readonly coldPings: number[] = [];
  /** What each entry answers to a pinned request; none: nothing is wrong. */
  unfollowed: readonly PinnedEntry[] = [];
  /** Pings of successive rounds that fail; then none. */
  readonly failedPings: number[] = [];
  /** Of the worker, as modules of a test's own see it. */
  env: Readonly<Record<string, string>> = {};
  readonly published = new Map<string, string>();
  readonly evidence = new Map<string, unknown>();
  released = 0;
  isPropagating = true;
  queueLagMs = 500;
  movesDelayed = false;
  greenReceives = 5;
  hasOneTopic = false;
  /** As the router's own cache: a purge raises an epoch, which is one more generation of whatever stands at the edge. */
  hasEpochs = false;
  probes = 72;
  capabilities: {
    store: StoreCapabilities;
    router: RouterCapabilities;
  } = {
    store: { fencing: 'strong', reads: 'linearizable' },
    router: { topologies: ['weight', 'header'], isSticky: true, propagation: { maxMs: 10 } },
  };
  /** The vendor whose own weight moves users, where the plan names a traffic, and what it can do. */
  readonly vendor = new SimulatedWorld({ service: '', from: 'blue', to: 'green', regions: [] });
  native: SimulatedTrafficOptions = {};
  begunDialogs = 0;
  /** Whether a color knows the dialogs of the other one. */
  sharesDialogs: () => boolean = () => true;
  /** Bends the health contract of a color. */
  health: (healthy: HealthContract) => readonly HealthContract[] = (healthy) => [healthy];
  /** User requests that telemetry tells of every past hour. */
  hourlyRequests: () => number = () => 0;
  /** The gate's verdict at the `look`-th look (1-based) of a step. */
  verdict: (step: string, look: number) => Verdict = () => 'pass';
  readonly #stops = new Map<string, Stop>();
  readonly #failing = new Map<string, Failing>();

  constructor(name: string) {
    this.name = name;
  }

  get edge(): EdgeConfig | null {
    return this.writes.at(-1) ?? null;
  }

  write(config: EdgeConfig): void {
    this.writes.push(config);
  }

  /** What a stranger does: a write that bypasses the switch. */
  strangerWrites(change: Partial<EdgeConfig>): void {
    const first = firstConfig({ service: this.name, from: 'blue', to: 'green' });
    const current = this.edge ?? { ...first, salt: 'stranger', releases: { blue: 'r41', green: 'r42' } };
    this.write({ ...current, ...change, generation: current.generation + 1, writer: 'a stranger' });
  }

  /** What a look finds when another machine gathered it, or somebody emptied the folder. */
  loseEvidence(): void {
    this.evidence.clear();
  }

  verdictAt(step: string): Verdict {
    this.looks.push(step);
    return this.verdict(step, this.looks.filter((one) => one === step).length);
  }

  /** Holds the activity that comes to `point` (e.g. `gate:audit`, `edge:flip-1`, `retire`). */
  stopAt(point: string): Held {
    let [reach, go] = [(): void => undefined, (): void => undefined];
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const gone = new Promise<void>((resolve) => (go = resolve));
    this.#stops.set(point, { reached, gone, reach, go });
    const timeout = new Promise<never>((_, reject) => {
      // Only a hang ends here: a busy machine takes its time.
      setTimeout(() => reject(new Error(`${this.name}: nothing came to ${point}`)), 150_000).unref();
    });
    const inTime = Promise.race([reached, timeout]);
    inTime.catch(() => undefined);
    return {
      reached: inTime,
      go: () => {
        this.#stops.delete(point);
        go();
      },
    };
  }

  /** Called by the ports: waits while a stop is set here. */
  async pass(point: string): Promise<void> {
    const stop = this.#stops.get(point);
    if (stop === undefined) return;
    stop.reach();
    await stop.gone;
  }

  releaseAll(): void {
    for (const stop of this.#stops.values()) stop.go();
    this.#stops.clear();
    this.#failing.clear();
  }

  /** Fails the next `times` calls at `point`; the peer asks for a pause of `retryAfterMs`. */
  failAt(point: string, kind: ProviderErrorKind, times = Number.POSITIVE_INFINITY, retryAfterMs = 200): void {
    this.#failing.set(point, { kind, left: times, retryAfterMs });
  }

  mend(point: string): void {
    this.#failing.delete(point);
  }

  /** Called by the ports: throws while a failure is set here. */
  fail(point: string): void {
    const failing = this.#failing.get(point);
    if (failing === undefined || failing.left <= 0) return;
    failing.left -= 1;
    throw new ProviderError(failing.kind, 'scripted', `${point} fails as scripted`, {
      retryAfterMs: failing.retryAfterMs,
    });
  }
}
