/** The outcome said is the world's. */
import type { EdgeConfig } from '../../../src/domain/edge-config.ts';
import { facts, eventsOf, type Ended, type Invariant } from './ended.ts';
import { unseenAt } from './jobs.ts';

/** A stranger's write that the switch had no chance to see before it acted, ms on its clock. */
const UNSEEN_MS = 5000;

/** `completed`: all users and producers on `to`, `from` empty of users and jobs. */
export const completedIsTrue: Invariant = function* (ended) {
  if (ended.outcome?.kind !== 'completed') return;
  const { from, to, service } = ended;
  const stored = lastOwn(ended);
  if (stored === null) return yield 'nothing was ever written';
  if (isOverridden(ended)) return;
  if (stored.weightPercent !== 100) yield `${stored.weightPercent} % of users are on ${to}`;
  if (stored.producer !== to) yield `producers write to ${stored.producer}`;
  if (stored.writes[to] !== 'open') yield `${to} takes no writes`;
  if (stored.writes[from] !== 'read-only') yield `${from} still takes writes`;
  if (stored.freezeUntilMs !== null && stored.freezeUntilMs > service.nowMs) yield 'writes are frozen';
  const left = service.queues.standing(from) - unseenOn(ended);
  if (left > 0 && !isAccepted(ended)) yield `${left} job(s) lie in ${from}'s queue`;
};

/** `rolled-back`: all back, thawed, nothing retired. */
export const rolledBackIsTrue: Invariant = function* (ended) {
  if (ended.outcome?.kind !== 'rolled-back') return;
  const { from, to, service } = ended;
  if (facts(ended, 'retired').length > 0) yield `${from} was retired`;
  const own = facts(ended, 'wrote').filter((one) => one.runId === ended.runId);
  if (own.length === 0) {
    const left = ended.outcome.left.filter((one) => !one.startsWith('step '));
    if (left.length > 0 && !hasStranger(ended))
      yield `it touched nothing, and says that this is left: ${left[0] ?? ''}`;
    return;
  }
  const stored = lastOwn(ended);
  if (stored === null) return;
  for (const what of awayFromHome(ended, stored)) if (!saysLater(ended)) yield what;
  const isWarm = service.colors.warm.has(to) && facts(ended, 'warmed').length > 0;
  if (isWarm && !says(ended, 'warmth')) yield `warm capacity of ${to} was not released`;
};

function* awayFromHome({ from, to, service }: Ended, stored: EdgeConfig): Iterable<string> {
  if (stored.weightPercent !== 0) yield `${stored.weightPercent} % of users are on ${to}`;
  if (stored.cohorts.length > 0) yield `cohorts ${stored.cohorts.join(', ')} are on ${to}`;
  if (stored.producer !== from) yield `producers write to ${stored.producer}`;
  if (stored.writes[from] !== 'open') yield `${from} takes no writes`;
  if (stored.freezeUntilMs !== null && stored.freezeUntilMs > service.nowMs) yield 'writes are frozen';
}

/** Somebody else may move users again while the last steps of a rollback run: that is then said. */
function saysLater(ended: Ended): boolean {
  const left = ended.outcome?.kind === 'rolled-back' ? ended.outcome.left : [];
  return hasStranger(ended) && left.some((one) => /after users were brought back|at the end/.test(one));
}

/** `refused`: nothing was touched. */
export const refusedTouchesNothing: Invariant = function* (ended) {
  if (ended.outcome?.kind !== 'refused') return;
  const own = facts(ended, 'wrote').filter((one) => one.runId === ended.runId);
  if (own.length > 0) yield `${own.length} write(s) of a refused switch`;
  if (facts(ended, 'retired').length > 0) yield 'a color was retired';
};

/** One terminal outcome, never both, and the result of the workflow is the one that was recorded. */
export const oneOutcome: Invariant = function* (ended) {
  if (ended.failure !== null) yield `the workflow failed: ${ended.failure.slice(0, 300)}`;
  const recorded = eventsOf(ended, 'ended');
  if (ended.outcome !== null && recorded.length !== 1) yield `${recorded.length} outcomes were recorded`;
  const kinds = new Set([ended.outcome?.kind, ...recorded.map((one) => one.outcome.kind)]);
  if (ended.outcome !== null && kinds.size > 1) yield `both ${[...kinds].join(' and ')}`;
};

/** Nothing is retired but by a switch that completes (or is past the point of no return). */
export const retiredOnlyWhenCompleted: Invariant = function* (ended) {
  const retired = facts(ended, 'retired');
  if (retired.length === 0 || ended.outcome === null) return;
  if (ended.outcome.kind !== 'completed')
    yield `${ended.from} was retired and the switch ${ended.outcome.kind}`;
  for (const { color } of retired) if (color !== ended.from) yield `${color} was retired`;
};

/** At the moment of the retirement nobody is left on `from`: no user, no producer, no job. */
export const retiredOnlyWhenEmpty: Invariant = function* (ended) {
  for (const { stored, jobs, regions, atMs } of facts(ended, 'retired')) {
    const others = [
      ...facts(ended, 'wrote').filter((one) => one.runId === null),
      ...facts(ended, 'failed-over'),
    ];
    const isFresh = others.some((one) => one.atMs <= atMs && atMs - one.atMs < UNSEEN_MS);
    if (stored !== null && !isFresh && !isOverridden(ended)) {
      if (stored.weightPercent !== 100) yield `${100 - stored.weightPercent} % of users are on ${ended.from}`;
      if (stored.producer !== ended.to) yield `producers write to ${stored.producer}`;
    }
    const late = regions.filter((one) => !one.isAway && (one.config?.weightPercent ?? 0) !== 100);
    if (!isFresh && !isOverridden(ended) && late.length > 0)
      yield `${late.map((one) => one.region).join(', ')} still serve ${ended.from}`;
    const left = jobs - unseenOn(ended);
    if (left > 0 && !isAccepted(ended)) yield `${left} job(s) lie in ${ended.from}'s queue`;
  }
};

/** What stands, unless a stranger wrote last: then what the switch wrote last, which is all it can answer for. */
function lastOwn(ended: Ended) {
  const writes = facts(ended, 'wrote');
  const last = [...writes, ...facts(ended, 'failed-over')].toSorted((a, b) => a.seq - b.seq).at(-1);
  if (last === undefined) return ended.service.edge.stored;
  const isOwn = last.kind === 'wrote' && last.runId !== null;
  if (isOwn || ended.service.nowMs - last.atMs >= UNSEEN_MS) return ended.service.edge.stored;
  return writes.findLast((one) => one.runId === ended.runId)?.config ?? null;
}

/** Jobs on `from` that came when it was looked at for the last time, too late for any broker's counts. */
function unseenOn(ended: Ended): number {
  const lookedMs = eventsOf(ended, 'no-return')[0]?.atMs;
  if (lookedMs === undefined) return 0;
  return unseenAt(ended.service, ended.from, lookedMs).length;
}

/** A producer that obeys nobody may enqueue after the last count; and a person may choose to leave jobs, or users, behind. */
function isAccepted(ended: Ended): boolean {
  const { service } = ended;
  if (service.faults.at('straggler', service.nowMs) !== null) return true;
  return isOverridden(ended);
}

/** A person ended a wait of the flip, or of what follows it, knowing what it said. */
function isOverridden(ended: Ended): boolean {
  const since = facts(ended, 'wrote').find((one) => one.config.freezeUntilMs !== null)?.atMs;
  return (
    since !== undefined &&
    eventsOf(ended, 'commanded').some(
      ({ command, atMs }) => command.name === 'override' && command.hold === true && atMs >= since,
    )
  );
}

/** The outcome names what it could not bring back. */
function says({ outcome }: Ended, word: string): boolean {
  return outcome?.kind === 'rolled-back' && outcome.left.some((one) => one.startsWith(word));
}

/** Somebody else wrote, or the store could not be read: then there may be something to say. */
function hasStranger(ended: Ended): boolean {
  const { faults } = ended.service;
  const isStale = (
    ['stale-read', 'store-away', 'fails-over', 'weight-stranger', 'vendor-restart', 'weight-away'] as const
  ).some((kind) => faults.spans(kind).length > 0);
  return isStale || ended.service.ledger.of('wrote').some((one) => one.runId === null);
}
