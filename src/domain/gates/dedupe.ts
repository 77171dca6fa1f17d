/**
 * Dedupe: did the move of the queue lose or poison jobs?
 * Invariant: dead letters that were there before the switch are nobody's fault when they were counted; any other fails.
 */
import type { LookInput, QueueWindow } from '../look-input.ts';
import type { Gate } from './gate.ts';
import { fail, inconclusive, pass, type Facts, type Ruling } from './ruling.ts';

export const dedupe: Gate = {
  name: 'dedupe',
  asks: 'did the move poison jobs?',
  fails: 'new dead letters',
  passes: 'none',
  remedy:
    'The dedupe guard did not hold: check idempotency keys sha256(source_id + revision + index_hash) and the done-ledger.',
  roles: { audit: 'prove', hold: 'prove' },
  needs: ['queue', 'counters'],
  subject: 'queue',
  rule: judgeDedupe,
};

function judgeDedupe(input: LookInput): Ruling {
  const { counters, queues } = input;
  if (!counters.some(({ color }) => color === input.to)) {
    return counters.length === 0
      ? inconclusive('no_data', 'Neither color reports its jobs.')
      : inconclusive('one_sided', `${input.to} does not report its jobs.`);
  }
  const done = counters.reduce((sum, counter) => sum + counter.jobsDone, 0);
  const absorbed = counters.reduce((sum, counter) => sum + counter.jobsDeduped, 0);
  const of = (color: LookInput['to']): QueueWindow[] => queues.filter((queue) => queue.color === color);
  const newDead = (list: readonly QueueWindow[]): number =>
    list.reduce((sum, queue) => sum + Math.max(0, queue.dead - (queue.deadBefore ?? 0)), 0);
  const [from, to] = [newDead(of(input.from)), newDead(of(input.to))];
  const facts: Facts = {
    from: { n: of(input.from).length, value: from },
    to: { n: of(input.to).length, value: to },
    threshold: { pass: 0, block: 1, source: 'dead letters before the switch' },
  };
  const isCounted = of(input.from).every((queue) => queue.deadBefore !== undefined);
  if (to > 0 || (from > 0 && isCounted)) {
    return fail(
      'dead_letters',
      `${to} jobs of ${input.to} and ${from} of ${input.from} became dead letters.`,
      facts,
    );
  }
  if (from > 0) {
    return inconclusive(
      'dead_letters_of_from',
      `${from} jobs lie in ${input.from}'s dead-letter queue and nobody counted them before the switch.`,
      facts,
    );
  }
  return pass(`${done} jobs done, ${absorbed} repeats absorbed, no new dead letters.`, facts);
}
