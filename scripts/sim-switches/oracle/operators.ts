/** Operators: approvals are people's, a rollback is obeyed in time, a pause is safe. */
import type { Stage } from '../../../src/domain/stage.ts';
import { eventsOf, facts, type Ended, type Invariant } from './ended.ts';

/** Longest time a rollback may take to send users back once the edge can be written, ms. */
const IN_TIME_MS = 60_000;
/** A write that was under way when the pause came ends within this, ms. */
const UNDER_WAY_MS = 180_000;
/** A person is told that `from` is sick and thinks about it so long. */
const SICK_FROM_MS = 11 * 60_000;

/** `from` is retired only after the approvals asked for, unless the plan lets the deadline decide. */
export const retiredOnlyWhenApproved: Invariant = function* (ended) {
  for (const { atMs, seq } of facts(ended, 'retired')) yield* missing(ended, 'decommission', atMs, seq);
};

/** A stage that waits for approval begins only with it. */
export const stageOnlyWhenApproved: Invariant = function* (ended) {
  for (const { stage, atMs } of eventsOf(ended, 'stage-entered')) {
    yield* missing(ended, stage, atMs, Number.POSITIVE_INFINITY);
  }
};

function* missing(ended: Ended, stage: Stage, atMs: number, seq: number): Generator<string> {
  const asked = ended.choice.approvals.find((one) => one.before === stage);
  if (asked === undefined) return;
  const waited = eventsOf(ended, 'waiting').find(
    (one) => one.wait.kind === 'approval' && one.wait.stage === stage,
  );
  const isOverdue = waited !== undefined && atMs - waited.atMs >= asked.deadline.afterMs;
  if (asked.deadline.then === 'proceed' && isOverdue) return;
  const people = new Set(
    facts(ended, 'sent')
      .filter((one) => one.seq < seq && one.atMs <= atMs && one.command.name === 'approve')
      .filter((one) => one.command.stage === undefined || one.command.stage === stage)
      .map((one) => one.command.by.trim().toLowerCase())
      .filter((by) => asked.approvers.length === 0 || asked.approvers.includes(by)),
  );
  if (people.size < asked.count) yield `${stage} began with ${people.size} of ${asked.count} approvals`;
}

/** Instants at which the switch took on a rollback that it must perform. */
function taken(ended: Ended): { seq: number; atMs: number; by: string }[] {
  const end = facts(ended, 'retired')[0]?.seq ?? Number.POSITIVE_INFINITY;
  return facts(ended, 'answered')
    .filter((one) => one.command.name === 'rollback' && one.result === 'accepted' && one.seq < end)
    .filter((one) => !one.answer.includes('was received before'))
    .map(({ seq, atMs, command }) => ({ seq, atMs, by: command.by }));
}

/** An accepted rollback ends in `rolled-back`. */
export const rollbackIsObeyed: Invariant = function* (ended) {
  const byEvent = eventsOf(ended, 'commanded').filter((one) => one.command.name === 'rollback');
  const isTaken = byEvent.length > 0 || taken(ended).length > 0;
  if (isTaken && ended.outcome !== null && ended.outcome.kind !== 'rolled-back')
    yield `a rollback was accepted and the switch ${ended.outcome.kind}`;
};

/** Users are back within a bounded time once the edge can be written. */
export const rollbackInTime: Invariant = function* (ended) {
  const accepted = eventsOf(ended, 'commanded').find((one) => one.command.name === 'rollback');
  const own = facts(ended, 'wrote').filter((one) => one.runId === ended.runId);
  if (accepted === undefined || own.length === 0) return;
  const away = ended.service.faults
    .spans('store-away')
    .filter((one) => one.untilMs > accepted.atMs)
    .reduce((sum, one) => sum + (one.untilMs - Math.max(one.sinceMs, accepted.atMs)), 0);
  const back = own.find((one) => one.atMs >= accepted.atMs && one.config.weightPercent === 0);
  const standing = own.findLast((one) => one.atMs < accepted.atMs)?.config;
  const atHome = standing === undefined || (standing.weightPercent === 0 && standing.cohorts.length === 0);
  const isSick =
    ended.service.faults.spans('sick').length + ended.service.faults.spans('health-away').length > 0;
  const limit = IN_TIME_MS + away + (isSick ? SICK_FROM_MS : 0);
  if (back === undefined) {
    if (!atHome) yield 'users were never sent back';
  } else if (back.atMs - accepted.atMs > limit)
    yield `users were sent back ${back.atMs - accepted.atMs} ms after the rollback was accepted`;
};

/** After an accepted rollback nothing of the way forward begins. */
export const nothingForwardAfterRollback: Invariant = function* (ended) {
  const [first] = taken(ended);
  const at = ended.events.findIndex((one) => one.type === 'commanded' && one.command.name === 'rollback');
  const later = at < 0 ? [] : ended.events.slice(at + 1);
  for (const event of later) {
    if (event.type === 'stage-entered') yield `stage ${event.stage} began after a rollback was accepted`;
    if (event.type === 'no-return') yield `the point of no return was passed after a rollback was accepted`;
  }
  if (first === undefined) return;
  for (const one of facts(ended, 'retired'))
    if (one.seq > first.seq) yield `${one.color} was retired after a rollback was accepted`;
};

/** A paused switch goes nowhere, and rolls back by nothing but a red gate, an operator or its own deadline. */
export const pauseIsSafe: Invariant = function* (ended) {
  let pausedMs: number | null = null;
  let [percent, isFlipping] = [0, false];
  for (const event of ended.events) {
    if (event.type === 'commanded' && event.command.name === 'pause') pausedMs = event.atMs;
    if (event.type === 'commanded' && event.command.name === 'resume') pausedMs = null;
    if (event.type === 'transaction-opened') isFlipping = true;
    if (event.type === 'transaction-closed' || event.type === 'unwound') isFlipping = false;
    if (event.type === 'rollback-started') {
      const forMs = event.atMs - (pausedMs ?? event.atMs);
      const isOwn = ended.plan !== null && forMs >= ended.plan.pause.afterMs;
      if (pausedMs !== null && event.trigger === 'deadline' && !isOwn)
        yield `paused since ${forMs} ms, rolled back by another deadline: ${event.reason}`;
      return;
    }
    const isOver =
      pausedMs !== null && ended.plan !== null && event.atMs - pausedMs >= ended.plan.pause.afterMs;
    if (pausedMs !== null && event.atMs > pausedMs && !isOver) {
      if (event.type === 'stage-entered') yield `paused, and stage ${event.stage} began`;
      if (
        event.type === 'edge-written' &&
        event.desiredPercent > percent &&
        !isFlipping &&
        event.atMs - pausedMs > UNDER_WAY_MS
      )
        yield `paused, and ${event.step} took the weight from ${percent} to ${event.desiredPercent} %`;
    }
    if (event.type === 'edge-written') percent = event.desiredPercent;
  }
};
