/** The edge: freezes, write modes, users and generations, by the store's own history. */
import type { Entry } from '../world/ledger.ts';
import { eventsOf, facts, type Ended, type Invariant } from './ended.ts';

/** What a freeze may last beyond the plan's budget: the margin of the lease and a flip's write, ms. */
const FREEZE_MARGIN_MS = 15_000;

function own(ended: Ended) {
  return facts(ended, 'wrote').filter((one) => one.runId === ended.runId);
}

function flipOf(ended: Ended) {
  return own(ended).find((one) => one.config.weightPercent === 100 && one.config.producer === ended.to);
}

/** When the flip is written every region has seen the freeze and is still in it. */
export const frozenBeforeFlip: Invariant = function* (ended) {
  const flip = flipOf(ended);
  if (flip === undefined) return;
  const { service } = ended;
  const freeze = service.edge.history.findLast(
    (one) => one.atMs <= flip.atMs && one.config !== flip.config,
  )?.config;
  if (freeze?.freezeUntilMs === undefined || freeze.freezeUntilMs === null)
    return yield 'the flip followed no freeze';
  if (freeze.freezeUntilMs < flip.atMs)
    yield `the freeze had ended ${flip.atMs - freeze.freezeUntilMs} ms before the flip`;
  const unseen = service.regions.filter((_, index) => {
    const seen = service.edge.seenBy(index, flip.atMs);
    return (seen?.generation ?? 0) < freeze.generation;
  });
  if (unseen.length > 0) yield `${unseen.join(', ')} had not seen the freeze at the flip`;
};

/** No region lets `from` take a write once the standing document says that it is read-only, except on the way back. */
export const readOnlyTakesNoWrite: Invariant = function* (ended) {
  const { service, from } = ended;
  const flip = flipOf(ended);
  if (flip === undefined) return;
  const next = facts(ended, 'wrote').find((one) => one.seq > flip.seq && one.config.writes[from] === 'open');
  const untilMs = next?.atMs ?? service.nowMs;
  for (const [index, region] of service.regions.entries()) {
    if (service.faults.spans('region-away').some((one) => one.fault.region === index)) continue;
    const seesMs = flip.atMs + (service.scenario.lagMs[index] ?? 0);
    const lease = service.edge.seenBy(index, flip.atMs)?.freezeUntilMs ?? 0;
    const gapMs = Math.min(seesMs, untilMs) - Math.max(lease, flip.atMs);
    if (gapMs > 0) yield `${region} let ${from} take writes for ${gapMs} ms while ${ended.to} took them too`;
  }
};

/** A freeze lasts no longer than the plan's budget, by the store's clock, and is void by itself. */
export const freezeIsBounded: Invariant = function* (ended) {
  const budgetMs = Math.max(ended.plan?.cutover.freezeMs ?? 30_000, 45_000);
  const propagationMs = ended.plan?.cutover.propagationMs ?? 120_000;
  for (const { config, atMs, step } of own(ended)) {
    if (config.freezeUntilMs === null) continue;
    const forMs = config.freezeUntilMs - atMs;
    if (
      forMs >
      budgetMs + Math.min(propagationMs, Math.max(...ended.service.scenario.lagMs)) + FREEZE_MARGIN_MS
    )
      yield `${step} freezes for ${forMs} ms`;
  }
};

/**
 * Users only ever move forward, and keep their side of the hash, until a rollback begins. Over a stranger's document a switch writes
 * what it last knew of, after it asked: that its own write came to stand under it for a moment it cannot know.
 */
export const usersAreMonotone: Invariant = function* (ended) {
  const backMs = eventsOf(ended, 'rollback-started')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const writes = own(ended).filter((one) => one.atMs < backMs);
  for (const [index, { config, step }] of writes.entries()) {
    const before = writes[index - 1]?.config;
    if (before === undefined || isOverStranger(ended, config.generation)) continue;
    // What a store has lost was, for users, perhaps never there.
    if (hasFailedOver(ended, writes[index - 1], writes[index])) continue;
    if (config.weightPercent < before.weightPercent)
      yield `${step} took the weight from ${before.weightPercent} to ${config.weightPercent} %`;
    // With nobody on `to` a new salt deals nobody.
    if (before.weightPercent > 0 && config.salt !== before.salt) yield `${step} dealt the users anew`;
    if (config.from !== before.from || config.to !== before.to) yield `${step} changed sides`;
    const left = before.cohorts.filter((one) => !config.cohorts.includes(one));
    if (left.length > 0 && config.weightPercent < 100) yield `${step} took ${left.join(', ')} back`;
  }
};

function hasFailedOver(ended: Ended, before: Entry | undefined, now: Entry | undefined): boolean {
  return facts(ended, 'failed-over').some(({ seq }) => seq > (before?.seq ?? 0) && seq < (now?.seq ?? 0));
}

function isOverStranger(ended: Ended, generation: number): boolean {
  return facts(ended, 'wrote').some((one) => one.runId === null && one.config.generation === generation - 1);
}

/** Generations grow, one by one where the store loses none, and none that was acknowledged is given twice; each is of one writer. */
export const generationsGrow: Invariant = function* ({ service }) {
  const { history } = service.edge;
  const { edge } = service.scenario;
  if (edge === 'last-write') return;
  let newest = 0;
  for (const { config, how } of history) {
    if (how === 'back') continue;
    const { generation } = config;
    if (generation <= newest) yield `generation ${generation} is given though ${newest} was acknowledged`;
    if (edge !== 'lossy' && newest > 0 && generation !== newest + 1)
      yield `generation ${generation} follows ${newest}`;
    if (how === 'acknowledged' || edge !== 'lossy') newest = generation;
  }
  if (edge === 'lossy') return;
  const writers = history.map((one) => one.config.writer).filter((one) => !one.startsWith('stranger/'));
  const twice = writers.find((one, index) => writers.indexOf(one) !== index && !one.includes('rollback'));
  if (twice !== undefined) yield `${twice} wrote two generations`;
};

/** On the way forward nothing is written over somebody else's document unless a person was asked. */
export const strangersAreAskedAbout: Invariant = function* (ended) {
  const writes = facts(ended, 'wrote');
  const backMs = eventsOf(ended, 'rollback-started')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  for (const [index, one] of writes.entries()) {
    const under = writes[index - 1];
    if (under === undefined || under.runId !== null || one.runId !== ended.runId || one.atMs >= backMs)
      continue;
    const isAsked = eventsOf(ended, 'waiting').some(
      ({ wait, atMs }) => wait.kind === 'question' && atMs >= under.atMs && atMs <= one.atMs,
    );
    // Before its first write a switch reads what stands; what it found then is its own to claim.
    const isFound = eventsOf(ended, 'edge-read').some(
      (event) => event.step === 'as found' && event.generation === under.config.generation,
    );
    if (!isAsked && !isFound) yield `${one.step} wrote over ${under.config.writer} and asked nobody`;
  }
};

/** Nothing of an ended run is written once a newer run has written. */
export const endedRunsAreSilent: Invariant = function* ({ service }) {
  const writes = service.ledger.of('wrote');
  const order: string[] = [];
  for (const { runId, step } of writes) {
    if (runId === null) continue;
    if (!order.includes(runId)) order.push(runId);
    else if (runId !== order.at(-1)) yield `${step} of an ended run was written during a newer one`;
  }
};
