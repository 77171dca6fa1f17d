/** Where a vendor's own weight moves users: it stands where the outcome says that they are, and only ever moves forward. */
import { facts, eventsOf, type Ended, type Invariant } from './ended.ts';

/** What changed so shortly before that nobody could have looked, ms on the switch's clock. */
const UNSEEN_MS = 5000;

/** At an end, and when `from` is retired, users are where the switch says. */
export const vendorFollows: Invariant = function* (ended) {
  if (ended.service.scenario.edge !== 'native') return;
  const { outcome, service, to } = ended;
  for (const { onTo, atMs } of facts(ended, 'retired'))
    if (onTo !== 100 && !isUnseen(ended, atMs))
      yield `${100 - onTo} % of users were on ${ended.from} as it was retired`;
  if (outcome === null || outcome.kind === 'refused' || isUnseen(ended, service.nowMs)) return;
  const onTo = service.vendor.on(to);
  if (outcome.kind === 'completed' && onTo !== 100 && !isOverridden(ended))
    yield `completed, and ${onTo} % are on ${to}`;
  const isMoved = facts(ended, 'weighed').some((one) => one.runId === ended.runId);
  const isSaid =
    outcome.kind === 'rolled-back' && outcome.left.some((one) => /stands at|at the end|not known/.test(one));
  if (outcome.kind === 'rolled-back' && isMoved && onTo !== 0 && !isSaid)
    yield `rolled back, and ${onTo} % are on ${to}`;
};

/** Until a rollback begins no weight of ours is below the one before it, unless somebody else's came between. */
export const weightsAreMonotone: Invariant = function* (ended) {
  const backMs = eventsOf(ended, 'rollback-started')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const all = facts(ended, 'weighed').filter((one) => one.atMs < backMs);
  for (const [index, { onTo, writer, runId }] of all.entries()) {
    const before = all[index - 1];
    if (before === undefined || runId !== ended.runId || before.runId !== ended.runId) continue;
    if (onTo < before.onTo) yield `${writer} took the weight from ${before.onTo} to ${onTo} %`;
  }
};

/** On the way forward nothing is set over somebody else's weight unless a person was asked. */
export const strangersWeightIsAskedAbout: Invariant = function* (ended) {
  const backMs = eventsOf(ended, 'rollback-started')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const all = facts(ended, 'weighed');
  for (const [index, one] of all.entries()) {
    const under = all[index - 1];
    if (under?.writer !== 'a stranger' || one.runId !== ended.runId || one.atMs >= backMs) continue;
    // What it would have set itself is nobody's loss.
    if (under.onTo === one.onTo) continue;
    // A write that is tried again cannot know that it stood before the stranger's.
    if (all[index - 2]?.writer === one.writer) continue;
    const isAsked = eventsOf(ended, 'waiting').some(
      ({ wait, atMs }) => wait.kind === 'question' && atMs >= under.atMs && atMs <= one.atMs,
    );
    if (!isAsked) yield `${one.writer} set ${one.onTo} % over a stranger's ${under.onTo} % and asked nobody`;
  }
};

function isUnseen(ended: Ended, atMs: number): boolean {
  const last = facts(ended, 'weighed').findLast((one) => one.atMs <= atMs);
  return last !== undefined && last.runId === null && atMs - last.atMs < UNSEEN_MS;
}

function isOverridden(ended: Ended): boolean {
  return eventsOf(ended, 'commanded').some(
    ({ command }) => command.name === 'override' && command.hold === true,
  );
}
