/** Jobs: none lost, none done twice, none dead that would not have died anyway, none left behind by a flip. */
import type { Color } from '../../../src/domain/color.ts';
import type { Copy } from '../world/queue.ts';
import type { Service } from '../world/service.ts';
import { facts, type Invariant } from './ended.ts';

/** Jobs that came to a color so shortly before that moment that no broker's counts could show them yet. */
export function unseenAt(service: Service, color: Color, atMs: number): readonly Copy[] {
  const sinceMs = atMs - service.scenario.countsLagMs;
  return service.queues.in(color).filter((one) => one.sinceMs > sinceMs && one.sinceMs <= atMs);
}

/** A job in the world is done, dead of its own poison, or still lies where somebody will take it. */
export const noJobLost: Invariant = function* ({ service }) {
  const { queues, colors } = service;
  const unseen = service.ledger.of('retired').flatMap(({ color, atMs }) => unseenAt(service, color, atMs));
  const lost = queues.made.filter(({ key }) => {
    const copies = queues.copies.filter((one) => one.key === key);
    const isOver = copies.some((one) => one.how === 'done' || one.how === 'repeat' || one.how === 'dead');
    const waits = copies.some(
      (one) => one.leftMs === null && (!colors.retired.has(one.color) || unseen.includes(one)),
    );
    return !isOver && !waits;
  });
  if (lost.length > 0) yield `${lost.length} job(s), first ${lost[0]?.key ?? ''}`;
};

export const noJobTwice: Invariant = function* ({ service }) {
  for (const [key, times] of service.queues.performed) if (times > 1) yield `${key} was done ${times} times`;
};

export const deadLettersAsBefore: Invariant = function* ({ service }) {
  const dead = service.queues.copies.filter((one) => one.how === 'dead' && !one.isPoison);
  if (dead.length > 0) yield `${dead.length} job(s) became dead letters by being moved`;
};

/** At the flip `from`'s queue has been empty for the quiet time, unless a person chose to flip without the proof. */
export const drainedBeforeFlip: Invariant = function* (ended) {
  const { service, from, plan } = ended;
  if (ended.choice.queue === null || plan === null) return;
  const overridden = facts(ended, 'sent').some(
    ({ command }) => command.name === 'override' && command.hold === true,
  );
  if (overridden || service.faults.spans('straggler').length > 0) return;
  const flip = facts(ended, 'wrote').find(
    (one) =>
      one.runId === ended.runId && one.config.weightPercent === 100 && one.config.producer === ended.to,
  );
  if (flip === undefined) return;
  const sinceMs = flip.atMs - plan.cutover.quietMs + service.scenario.countsLagMs;
  // What came so late that no count could show it is moved in the fence window.
  const shownMs = flip.atMs - service.scenario.countsLagMs;
  const standing = service.queues.copies.filter(
    (one) => one.color === from && one.sinceMs < shownMs && (one.leftMs === null || one.leftMs > sinceMs),
  );
  if (standing.length > 0)
    yield `${standing.length} job(s) were in ${from}'s queue within the quiet time before the flip`;
};

/** After a rollback no job is left in `to`'s queue unless the outcome says so. */
export const jobsAreBack: Invariant = function* ({ outcome, service, to, events }) {
  if (outcome?.kind !== 'rolled-back' || !events.some((one) => one.type === 'flipped')) return;
  const said = outcome.left.some((one) => one.startsWith('jobs') || one.includes('queue still holds'));
  const standing = service.queues
    .in(to)
    .filter((one) => one.sinceMs < service.nowMs - service.scenario.countsLagMs);
  const isLagging = Math.max(...service.scenario.lagMs) > 0 && standing.length > 0;
  if (standing.length > 0 && !said && !isLagging) yield `${standing.length} job(s) lie in ${to}'s queue`;
};
