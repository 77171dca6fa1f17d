/**
 * One simulated service over all its switches: clock, store, queues, colors, and the hook through which faults begin and operators
 * act. Every call of a port passes through `call`, and while it does the switch's clock stands still.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Color } from '../../../src/domain/color.ts';
import type { EdgeConfig } from '../../../src/domain/edge-config.ts';
import type { ProviderErrorKind } from '../../../src/domain/errors.ts';
import type { Burst, Fault, Phase, Scenario, Switch, When } from '../scenario.ts';
import { Colors } from './colors.ts';
import { EdgeStore } from './edge.ts';
import { Faults } from './faults.ts';
import { Ledger } from './ledger.ts';
import { Queues } from './queue.ts';
import { Vendor } from './vendor.ts';

/** Set in an attempt that plays a stopped worker: at `point` it stands until the next switch has begun. */
export interface Zombie {
  readonly point: string;
  isDone: boolean;
}

export const zombies = new AsyncLocalStorage<Zombie>();

/** What acts on the world from outside while a port call is held. */
export interface Outside {
  act(burst: Burst): Promise<void>;
  /** Asks the switch for its status; true when it waits for a person. */
  look(): Promise<boolean>;
}

export type Fail = (kind: ProviderErrorKind, message: string, retryAfterMs?: number) => Error;

/** Every so many port calls the switch is asked for its status. */
const LOOK_EVERY = 13;

export class Service {
  readonly name: string;
  readonly scenario: Scenario;
  readonly regions: readonly string[];
  readonly ledger = new Ledger();
  readonly faults = new Faults();
  readonly edge = new EdgeStore(this);
  readonly vendor = new Vendor(this);
  readonly queues = new Queues(this);
  readonly colors = new Colors(this);
  readonly evidence = new Map<string, unknown>();
  /** Keys that the receiver of steps has done. */
  readonly stepKeys = new Set<string>();
  readonly #fail: Fail;
  nowMs = 0;
  from: Color = 'blue';
  to: Color = 'green';
  phase: Phase = 'start';
  /** The run under way; '' before its first call. */
  runId = '';
  #lastRunId = '';
  calls = 0;
  lastCallRealMs = Date.now();
  outside: Outside | null = null;
  #waiting: { readonly what: When; readonly does: Fault | Burst }[] = [];
  #zombies: Extract<Fault, { kind: 'zombie' }>[] = [];
  #ran = new Map<string, number>();
  #inPhase = 0;
  #asks = 0;
  #acting = Promise.resolve();
  #wakeZombies: () => void = () => undefined;
  #woken = new Promise<void>((resolve) => (this.#wakeZombies = resolve));

  constructor(name: string, scenario: Scenario, fail: Fail) {
    this.name = name;
    this.scenario = scenario;
    this.#fail = fail;
    const most = Math.max(1, ...scenario.switches.map((one) => one.plan.regions));
    this.regions = ['eu-west', 'us-east', 'ap-south'].slice(0, most);
  }

  get current(): Switch {
    const current = this.scenario.switches[this.ledger.nth];
    if (current === undefined) throw new Error('the service has no such switch');
    return current;
  }

  /** How far the workers' clock is ahead of the store's now. */
  get skewMs(): number {
    return this.scenario.skewMs + (this.faults.at('clock', this.nowMs)?.byMs ?? 0);
  }

  failure(kind: ProviderErrorKind, message: string, retryAfterMs?: number): Error {
    return this.#fail(kind, message, retryAfterMs);
  }

  /** Share of users on a color, percent, by what moves them. */
  usersOn(color: Color): number {
    if (this.scenario.edge === 'native') return this.vendor.on(color);
    const { stored } = this.edge;
    if (stored === null) return color === this.from ? 100 : 0;
    return stored.to === color ? stored.weightPercent : 100 - stored.weightPercent;
  }

  /** The next switch of this service begins, from where its users are. */
  begin(nth: number, outside: Outside): void {
    this.ledger.nth = nth;
    this.faults.clear(this.nowMs);
    const { stored } = this.edge;
    if (stored !== null) {
      const users = this.usersOn(stored.to) >= 50 ? stored.to : stored.from;
      this.from = users;
      this.to = users === 'blue' ? 'green' : 'blue';
    }
    this.colors.deploy(this.to);
    this.outside = outside;
    this.phase = 'start';
    this.#lastRunId = this.runId;
    this.runId = '';
    this.calls = 0;
    this.#inPhase = 0;
    this.#asks = 0;
    this.#ran.clear();
    const { faults, bursts } = this.current;
    this.#zombies = faults.filter((one): one is Extract<Fault, { kind: 'zombie' }> => one.kind === 'zombie');
    const timed = faults.filter((one): one is Exclude<Fault, { kind: 'zombie' }> => one.kind !== 'zombie');
    this.#waiting = [
      ...timed.map((does) => ({ what: does.when, does })),
      ...bursts.map((does) => ({ what: does.when, does })),
    ];
  }

  /**
   * The clock of this service at a port call. A switch's clock begins at the real one though the switch before it skipped far
   * ahead: then the whole past is moved back, so that it still lies before the present.
   */
  tick(runId: string, scheduledMs: number): void {
    if (this.runId === '' && runId !== this.#lastRunId && scheduledMs < this.nowMs) {
      const byMs = this.nowMs - scheduledMs + 1000;
      this.edge.shift(byMs);
      this.vendor.shift(byMs);
      this.queues.shift(byMs);
      this.faults.shift(byMs);
      this.ledger.shift(byMs);
      this.nowMs -= byMs;
    }
    if (zombies.getStore() === undefined && runId !== this.#lastRunId)
      this.nowMs = Math.max(this.nowMs, scheduledMs);
  }

  /** Nobody acts any more: the run has ended. */
  end(): void {
    this.outside = null;
    this.ledger.note(this.nowMs, { kind: 'ended', runId: this.runId });
  }

  /** A zombie of this activity's run is due: the attempt that calls this shall be doubled. */
  zombieDue(activity: string): Zombie | null {
    const nth = (this.#ran.get(activity) ?? 0) + 1;
    this.#ran.set(activity, nth);
    const found = this.#zombies.find((one) => one.activity === activity && one.nth === nth);
    if (found === undefined) return null;
    const point = activity === 'moveJobs' ? 'queue.move' : 'edge.compareAndSet';
    return { point, isDone: false };
  }

  wakeZombies(): void {
    this.#wakeZombies();
    this.#woken = new Promise<void>((resolve) => (this.#wakeZombies = resolve));
  }

  /** A document was stored. */
  moved(config: EdgeConfig, runId: string | null): void {
    if (runId !== null && runId !== this.runId) return;
    const frozen = config.freezeUntilMs !== null && config.freezeUntilMs > this.nowMs;
    const wasOut = this.phase === 'exposed' || this.phase === 'frozen' || this.phase === 'flipped';
    const next: Phase =
      config.weightPercent >= 100
        ? 'flipped'
        : config.weightPercent === 0 && config.cohorts.length === 0 && wasOut
          ? 'back'
          : frozen
            ? 'frozen'
            : config.weightPercent > 0
              ? 'exposed'
              : this.phase;
    if (next !== this.phase) this.#inPhase = 0;
    this.phase = next;
  }

  async call<T>(runId: string, point: string, perform: () => T): Promise<T> {
    const zombie = zombies.getStore();
    if (zombie !== undefined) {
      if (!zombie.isDone && zombie.point === point) {
        await this.#woken;
        zombie.isDone = true;
      }
      return perform();
    }
    if (this.runId === '') {
      this.runId = runId;
      this.ledger.note(this.nowMs, { kind: 'began', runId });
    }
    this.calls += 1;
    this.#inPhase += 1;
    this.lastCallRealMs = Date.now();
    this.queues.play(this.nowMs);
    await this.#hook({ phase: this.phase, call: this.#inPhase });
    if (point === 'edge.compareAndSet' && this.ledger.nth > 0) this.wakeZombies();
    return perform();
  }

  /** A notification asks people for something. */
  async asked(): Promise<void> {
    this.#asks += 1;
    await this.#hook({ ask: this.#asks });
  }

  async #hook(now: When): Promise<void> {
    const due = this.#waiting.filter(({ what }) => isDue(what, now));
    const turn = this.calls % LOOK_EVERY === 0 && 'phase' in now;
    if (due.length === 0 && !turn) return;
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    const before = this.#acting;
    this.#acting = (async () => {
      await before;
      for (const { does } of due) {
        if ('commands' in does) await this.outside?.act(does);
        else this.#begin(does);
      }
      if (turn && (await this.outside?.look()) === true) await this.#askedInStatus();
    })();
    await this.#acting;
  }

  async #askedInStatus(): Promise<void> {
    this.#asks += 1;
    const due = this.#waiting.filter(({ what }) => isDue(what, { ask: this.#asks }));
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    for (const { does } of due) {
      if ('commands' in does) await this.outside?.act(does);
      else this.#begin(does);
    }
  }

  #begin(fault: Fault): void {
    const untilMs = this.faults.start(fault, this.nowMs);
    this.ledger.note(this.nowMs, { kind: 'fault', fault: fault.kind, untilMs });
    if (fault.kind === 'stranger') this.edge.strangerWrites(fault.weightPercent);
    if (fault.kind === 'fails-over') this.edge.failsOver(fault.back);
    if (fault.kind === 'vendor-restart') this.vendor.restart();
    if (fault.kind === 'weight-stranger') this.vendor.strangerSets(fault.weightPercent);
    if (fault.kind === 'poison') this.queues.poison(fault.jobs);
    if (fault.kind === 'delayed') this.queues.delay(fault);
    if (fault.kind === 'release') this.colors.release(this[fault.side]);
  }
}

function isDue(what: When, now: When): boolean {
  if ('ask' in what) return 'ask' in now && now.ask >= what.ask;
  return 'phase' in now && now.phase === what.phase && now.call >= what.call;
}
