/**
 * One running switch: its events, the state they fold to, and its way forward, which stops at once when a rollback is asked for.
 * How it waits is in `waits.ts`, how a stage begins and ends in `stage.ts`.
 */
import {
  CancellationScope,
  CancelledFailure,
  condition as until,
  isCancellation,
  log as logger,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Inspection } from '../activities/api.ts';
import type { Targets } from '../domain/targets.ts';
import { renderBoard } from '../board/markdown.ts';
import type { Color } from '../domain/color.ts';
import type { EdgeConfigPatch } from '../domain/edge-config.ts';
import type { SwitchEvent, SwitchFact } from '../domain/event.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import type { Plan } from '../domain/plan.ts';
import { evolve } from '../domain/evolve.ts';
import { initialState, type SwitchState, type Wait } from '../domain/state.ts';
import { writes } from './activities.ts';
import { Attributes } from './attributes.ts';
import { EventLog } from './event-log.ts';
import { continuedSaid, type Carried, type SwitchInput } from './input.ts';
import { targetsOf } from '../domain/targets.ts';

export class SwitchRun {
  /** The first run's id: it stays the same when the workflow continues as new or is reset. */
  readonly switchId: string;
  /**
   * Reset to an earlier point: it does not know what it did after that, nor whether `from` still lives. Not seen in a run that had
   * continued as new.
   */
  readonly wasReset: boolean;
  readonly targets: Targets;
  readonly log: EventLog;
  state: SwitchState;
  /** Pinned by preflight. */
  expected: Readonly<Record<Color, AnswerIdentity>> | null = null;
  deadLetters: Inspection['deadLetters'] = null;
  /** What must stand at the edge: as preflight found it, then all that this switch wrote, folded. */
  desired: EdgeConfigPatch;
  /** Fixed for the whole switch, new for each: re-salting would re-deal users in mid-dialog. */
  readonly salt: string;
  /** Ends when nothing of the way forward is under way any more, its writes included. */
  settled: Promise<void> = Promise.resolve();
  /** A wait of the run before this one: its deadline goes on. */
  interrupted: Wait | null = null;
  signals = 0;
  updates = 0;
  /** Notifications so far: each has its own number. */
  notified = 0;
  /** Messages so far that changed nothing. */
  noise = 0;
  readonly #attributes: Attributes;
  #forward: CancellationScope | null = null;
  #givenUp: CancellationScope[] | null = null;
  readonly #moving: Promise<unknown>[] = [];

  constructor(input: SwitchInput) {
    const { firstExecutionRunId, runId, startTime } = workflowInfo();
    this.switchId = firstExecutionRunId;
    this.wasReset = input.carried === undefined && runId !== firstExecutionRunId;
    this.targets = targetsOf(
      input.plan,
      this.switchId,
      input.carried?.state.startedAtMs ?? startTime.getTime(),
    );
    this.salt = `${input.plan.service}/${this.switchId}`;
    const { from, to } = input.plan;
    this.desired = { from, to, weightPercent: 0, cohorts: [], producer: from };
    this.#attributes = new Attributes(input.searchAttributes);
    this.log = new EventLog(input.carried?.events, input.carried?.rest);
    this.state = initialState(input.plan, input.planDigest, this.switchId);
    if (input.carried === undefined) {
      this.emit({ type: 'started', by: input.startedBy, planDigest: input.planDigest });
    } else {
      this.#carryOn(input.carried);
    }
  }

  #carryOn(carried: Carried): void {
    this.state = { ...this.state, ...carried.state, hold: null, wait: null };
    this.interrupted = carried.state.wait;
    this.expected = carried.expected;
    this.deadLetters = carried.deadLetters;
    this.desired = carried.desired;
    this.notified = carried.notified;
    this.noise = carried.noise;
    this.emit({ type: 'note', text: continuedSaid(carried) });
  }

  /** The plan as tuned so far. */
  get plan(): Plan {
    return this.state.plan;
  }

  emit(fact: SwitchFact): void {
    const event = this.log.add({ atMs: Date.now(), ...fact });
    // New evidence: what is asked after it is another question.
    if (fact.type === 'hold-started') this.interrupted = null;
    this.state = evolve(this.state, event);
    if (UNSEEN.has(event.type)) return;
    setCurrentDetails(renderBoard(this.state));
    this.#attributes.publish(this.state, event.type);
    logger.info(event.type, { ...event });
  }

  attributesWritten(): Promise<void> {
    return this.#attributes.written();
  }

  /** Whether a look of that step is one of the hold or wait under way. */
  isWatching(step: string): boolean {
    const { hold, stage } = this.state;
    return step === hold?.step || step === `${stage} wait`;
  }

  storeEvents(keepBytes: number): ReturnType<EventLog['store']> {
    return this.log.store(keepBytes, async (firstIndex, events) => {
      const { digest } = await writes.appendEvents({ targets: this.targets, firstIndex, events });
      return digest;
    });
  }

  /**
   * Runs the playbook until it ends, a rollback is accepted, Temporal cancels it, or the run has grown too long.
   *
   * @param readyToRenew resolves when the run may end to be continued as new
   */
  async forward(
    playbook: () => Promise<void>,
    readyToRenew: () => Promise<'renew'>,
  ): Promise<'ended' | 'renew'> {
    const scope = new CancellationScope();
    this.#forward = scope;
    const running = scope.run(playbook);
    this.settled = running
      .catch(() => undefined)
      .then(() => Promise.allSettled(this.#moving))
      .then(() => undefined);
    const shield = new CancellationScope({ cancellable: false });
    const renewing = new CancellationScope({ cancellable: true, parent: shield });
    try {
      const how = await Promise.race([
        running.then(() => 'ended' as const),
        // The way back does not wait until what is under way has ended.
        shielded(() => this.#givenUp !== null).then(() => this.goOn() ?? ('ended' as const)),
        renewing.run(readyToRenew),
        this.#cancelled(),
      ]);
      if (how === 'ended') return how;
      scope.cancel();
      // Whatever it ended with in the very moment it was cancelled counts.
      const ended = await running.then(
        () => 'ended' as const,
        (cause: unknown) => {
          if (!isCancellation(cause)) throw cause;
          return how;
        },
      );
      await this.settled;
      this.goOnUnlessPastNoReturn();
      return ended;
    } catch (cause) {
      this.giveUp();
      throw cause;
    } finally {
      renewing.cancel();
    }
  }

  /** Nothing is undone before this has ended. */
  undoAfter(moving: Promise<unknown>): void {
    this.#moving.push(moving);
  }

  /**
   * In the very moment a rollback is accepted: nothing of the way forward can begin after it, not even in the same workflow task.
   */
  giveUp(): void {
    this.#givenUp ??= [];
    this.#forward?.cancel();
  }

  /** Throws when the way forward was given up. Called wherever something begins that a rollback could not stop. */
  goOn(): void {
    if (this.state.rollbackAsked !== null || this.#givenUp !== null) {
      throw new CancelledFailure('the way forward was given up');
    }
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled');
  }

  /** From here a rollback is refused. Nothing may lie between the last look at the commands and this. */
  passNoReturn(): void {
    this.goOn();
    this.emit({ type: 'no-return', color: this.plan.from });
  }

  /** At once, except where that would delay the way back: then with `endWatches`. */
  cancelWatch(watch: CancellationScope): void {
    if (this.#givenUp === null) watch.cancel();
    else this.#givenUp.push(watch);
  }

  /** Cancels the watches of the way forward that was given up. */
  endWatches(): void {
    for (const watch of this.#givenUp ?? []) watch.cancel();
    this.#givenUp = [];
  }

  /** Native Cancel goes as fast as a rollback: it does not wait for writes under way. Past the point of no return it is void. */
  async #cancelled(): Promise<never> {
    try {
      return await CancellationScope.current().cancelRequested;
    } catch (cause) {
      if (this.state.pastNoReturn) return new Promise<never>(() => undefined);
      throw cause;
    }
  }

  goOnUnlessPastNoReturn(): void {
    if (!this.state.pastNoReturn) this.goOn();
  }

  /** Tells people, at most once for each fact; a notifier that is down delays nothing for long and stops nothing. */
  async tell(severity: 'info' | 'warning' | 'error', title: string, text: string): Promise<void> {
    if (this.plan.providers.notify.length === 0) return;
    this.notified += 1;
    const { service } = this.plan;
    const notification = { service, switchId: this.switchId, severity, title, text, link: null };
    const step = `notify-${this.notified}`;
    const sending: Promise<void> = writes.notify({ targets: this.targets, step, notification });
    // Deliberately not awaited: a switch must not stand still because a webhook does.
    sending.catch((cause: unknown) =>
      logger.warn('notification not delivered', { title, cause: String(cause) }),
    );
  }
}

/** A condition that outlives a cancellation of the workflow: past the point of no return that is void. */
function shielded(condition: () => boolean): Promise<void> {
  return CancellationScope.nonCancellable(() => until(condition));
}

/** Facts that change nothing on the board: a storm of them must not cost a picture each. */
const UNSEEN: ReadonlySet<SwitchEvent['type']> = new Set(['command-refused', 'signal-ignored']);
