/**
 * One running switch: its events, the state they fold to, and the three things every stage does, namely emit a fact, wait for
 * something with a deadline, and stop at once when a rollback is asked for.
 */
import {
  CancellationScope,
  condition,
  log,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Inspection, Targets } from '../activities/api.ts';
import { renderBoard } from '../domain/board.ts';
import type { Color } from '../domain/color.ts';
import type { SwitchEvent, SwitchFact } from '../domain/event.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import type { Deadline, Plan } from '../domain/plan.ts';
import type { Stage } from '../domain/stage.ts';
import { evolve, initialState, type SwitchState, type Wait } from '../domain/state.ts';
import { writes } from './activities.ts';
import { sentinel } from './holds.ts';
import { RollbackCause } from './rollback-cause.ts';

export interface SwitchInput {
  readonly plan: Plan;
  readonly planDigest: string;
  readonly startedBy: string;
  /** False where the namespace lacks cutover's search attributes. */
  readonly searchAttributes: boolean;
}

export class SwitchRun {
  readonly switchId: string;
  readonly targets: Targets;
  readonly events: SwitchEvent[] = [];
  state: SwitchState;
  /** Pinned by preflight. */
  expected: Readonly<Record<Color, AnswerIdentity>> | null = null;
  deadLetters: Inspection['deadLetters'] = null;
  /** Fixed for the whole switch, new for each: re-salting would re-deal users in mid-dialog. */
  readonly salt: string;
  readonly #rollback: Promise<never>;
  #rejectRollback: (cause: RollbackCause) => void = () => undefined;
  /** Ends when nothing of the way forward is under way any more, its writes included. */
  settled: Promise<void> = Promise.resolve();
  readonly #searchAttributes: boolean;
  #givenUp: CancellationScope[] | null = null;
  #notified = 0;

  constructor(input: SwitchInput) {
    const { runId, startTime } = workflowInfo();
    this.switchId = runId;
    this.state = initialState(input.plan, input.planDigest, runId);
    this.targets = targetsOf(input.plan, runId, startTime.getTime());
    this.salt = `${input.plan.service}/${runId}`;
    this.#searchAttributes = input.searchAttributes;
    this.#rollback = new Promise((_, reject) => {
      this.#rejectRollback = reject;
    });
    // Nobody may be racing when a rollback comes; that is no unhandled rejection.
    this.#rollback.catch(() => undefined);
    this.emit({ type: 'started', by: input.startedBy, planDigest: input.planDigest });
  }

  /** The plan as tuned so far. */
  get plan(): Plan {
    return this.state.plan;
  }

  emit(fact: SwitchFact): void {
    const event: SwitchEvent = { atMs: Date.now(), ...fact };
    this.events.push(event);
    this.state = evolve(this.state, event);
    setCurrentDetails(renderBoard(this.state));
    if (PUBLISHED.includes(event.type)) this.#publishAttributes();
    log.info(event.type, { ...event });
  }

  /** Runs the playbook until it ends or a rollback is asked for; what was under way is then cancelled. */
  async forward(playbook: () => Promise<void>): Promise<void> {
    const scope = new CancellationScope();
    const running = scope.run(playbook);
    this.settled = running.catch(() => undefined);
    try {
      await Promise.race([running, this.#rollback, this.#cancelled()]);
    } catch (cause) {
      this.#givenUp = [];
      scope.cancel();
      throw cause;
    }
  }

  /** At once, except where that would delay the way back: then with `endWatches`. */
  cancelWatch(watch: CancellationScope): void {
    if (this.#givenUp === null) watch.cancel();
    else this.#givenUp.push(watch);
  }

  /** Cancels the watches of the way forward that was given up. */
  endWatches(): void {
    for (const watch of this.#givenUp ?? []) watch.cancel();
    this.#givenUp = null;
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

  requestRollback(by: string, reason: string): void {
    this.#rejectRollback(new RollbackCause('operator', `${by}: ${reason}`));
  }

  async stage(stage: Stage, perform: (run: SwitchRun) => Promise<string>): Promise<void> {
    await this.approval(stage);
    await this.pausePoint();
    this.emit({ type: 'stage-entered', stage });
    const note = await perform(this);
    this.emit({ type: 'stage-passed', stage, note });
  }

  /** Waits for the approvals that the plan asks for before `stage`; they may have come ahead of time. */
  async approval(stage: Stage): Promise<void> {
    const asked = this.plan.approvals.find((one) => one.before === stage);
    if (asked === undefined) return;
    const missing = () => asked.count - this.state.approvals.filter((one) => one.stage === stage).length;
    if (missing() <= 0) return;
    const who = asked.approvers.length === 0 ? 'anybody' : asked.approvers.join(' or ');
    const what = `approval of ${stage} (${missing()} of ${who})`;
    await this.tell('info', `Approval needed: ${stage}`, `${what}. ${this.describeDeadline(asked.deadline)}`);
    await this.wait({ kind: 'approval', what, stage }, () => missing() <= 0, asked.deadline);
  }

  /** Where a pause takes effect. */
  async pausePoint(): Promise<void> {
    if (this.state.pause === null) return;
    const what = `resume (paused by ${this.state.pause.by})`;
    await this.wait({ kind: 'paused', what }, () => this.state.pause === null, this.plan.pause);
  }

  /** Asks the operator; `approve` says go on, `override` says skip, rollback is always possible. */
  async question(what: string, deadline: Deadline): Promise<'approved' | 'overridden'> {
    const asked = this.state.overrides.length;
    const { stage } = this.state;
    const sinceMs = Date.now();
    const approved = () => this.state.approvals.some((one) => one.stage === stage && one.atMs >= sinceMs);
    const overridden = () => this.state.overrides.length > asked;
    await this.tell(
      'warning',
      `Waiting for a decision in ${stage}`,
      `${what}. ${this.describeDeadline(deadline)}`,
    );
    await this.wait({ kind: 'question', what, stage }, () => approved() || overridden(), deadline);
    return overridden() ? 'overridden' : 'approved';
  }

  /**
   * The one way to wait: says what for, keeps judging while users are on `to`, and ends by `done`, by an override, or by the
   * deadline's default action.
   */
  async wait(
    wait: Pick<Wait, 'kind' | 'what'> & { stage?: Stage },
    done: () => boolean,
    deadline: Deadline,
  ): Promise<void> {
    const sinceMs = Date.now();
    const overrides = this.state.overrides.length;
    this.emit({
      type: 'waiting',
      wait: { ...wait, sinceMs, deadlineMs: sinceMs + deadline.afterMs, then: THEN[deadline.then] },
    });
    const isOver = () => done() || this.state.overrides.slice(overrides).some((one) => one.gate === null);
    const scope = new CancellationScope();
    const inTime = await scope.run(async () => {
      const answered = condition(isOver, deadline.afterMs);
      return Promise.race([answered, sentinel(this, deadline.afterMs)]);
    });
    scope.cancel();
    this.emit({
      type: 'waited',
      how: inTime ? (done() ? 'done' : 'overridden') : `deadline: ${deadline.then}`,
    });
    if (inTime) return;
    if (deadline.then === 'rollback') {
      throw new RollbackCause('deadline', `nobody answered in time: ${wait.what}`);
    }
    if (deadline.then === 'pause') {
      // Standing still is the safe answer to silence: ask again, louder, as long as it takes.
      await this.tell('error', 'Still waiting', `${wait.what}: the deadline has passed`);
      await this.wait(wait, done, { afterMs: this.plan.pause.afterMs, then: 'pause' });
    }
  }

  /** Tells people, at most once for each fact; a notifier that is down delays nothing for long and stops nothing. */
  async tell(severity: 'info' | 'warning' | 'error', title: string, text: string): Promise<void> {
    if (this.plan.providers.notify.length === 0) return;
    this.#notified += 1;
    const { service } = this.plan;
    const notification = { service, switchId: this.switchId, severity, title, text, link: null };
    const step = `notify-${this.#notified}`;
    const sending: Promise<void> = writes.notify({ targets: this.targets, step, notification });
    // Deliberately not awaited: a switch must not stand still because a webhook does.
    sending.catch((cause: unknown) =>
      log.warn('notification not delivered', { title, cause: String(cause) }),
    );
  }

  describeDeadline(deadline: Deadline): string {
    return `Without an answer by ${new Date(Date.now() + deadline.afterMs).toISOString()}: ${THEN[deadline.then]}.`;
  }

  #publishAttributes(): void {
    if (!this.#searchAttributes) return;
    const { outcome, rollback, stage } = this.state;
    upsertSearchAttributes({
      CutoverStage: [outcome === null ? (rollback === null ? stage : 'rollback') : 'ended'],
      CutoverWeight: [this.state.actualPercent ?? 0],
      ...(outcome === null ? {} : { CutoverOutcome: [outcome.kind] }),
    });
  }
}

/** The message of what really went wrong, under the wrappers. */
export function deepest(cause: unknown): string {
  let error = cause;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Facts that change search attributes. The start of a rollback is not among them: writing them would share the database with the
 * write that users wait for.
 */
const PUBLISHED: readonly SwitchEvent['type'][] = [
  'stage-entered',
  'rollback-restored',
  'rollback-stuck',
  'ended',
];

const THEN: Readonly<Record<Deadline['then'], string>> = {
  rollback: 'roll back',
  pause: 'stay as it is and ask again',
  proceed: 'go on',
};

function targetsOf(plan: Plan, switchId: string, startedMs: number): Targets {
  return {
    switchId,
    startedMs,
    service: plan.service,
    from: plan.from,
    to: plan.to,
    entry: plan.entry,
    colorUrls: { blue: plan.colors.blue.url, green: plan.colors.green.url },
    providers: plan.providers,
  };
}
