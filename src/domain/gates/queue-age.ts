/**
 * Queue age: does any job of `to` wait longer than it may?
 * Invariant: where the broker reports no age it is estimated from depth and throughput (Little's law) and said so; waiting
 * jobs without any throughput are never a pass.
 */
import type { Color } from '../color.ts';
import type { LookInput } from '../look-input.ts';
import type { Gate } from './gate.ts';
import { fail, inconclusive, pass, sickBaseline, type Facts, type Ruling } from './ruling.ts';

export const queueAge: Gate = {
  name: 'queue-age',
  asks: 'does a job wait too long?',
  fails: 'oldest > limit',
  passes: 'within; without a reported age depth / throughput (Little) within',
  remedy: 'Jobs grow old: check the consumers of the new color and their concurrency.',
  roles: { audit: 'guard', hold: 'prove' },
  needs: ['queue'],
  subject: 'queue',
  settings: {
    queueAgeMs: {
      kind: 'duration',
      default: '15m',
      stricter: 'lower',
      says: 'Oldest job a queue may hold.',
      why: 'older jobs mean that consumers stand still',
    },
  },
  rule: judgeQueueAge,
};

function judgeQueueAge(input: LookInput): Ruling {
  const limit = input.settings.queueAgeMs;
  const [from, to] = [ageOf(input, input.from), ageOf(input, input.to)];
  const facts: Facts = {
    from: { n: from.waiting, value: from.ageMs },
    to: { n: to.waiting, value: to.ageMs },
    threshold: { pass: limit, block: limit, source: 'settings.queueAgeMs' },
  };
  if (!to.known) {
    return from.known
      ? inconclusive('one_sided', `The queue of ${input.to} was not seen.`, facts)
      : inconclusive('no_data', 'No queue was seen.', facts);
  }
  if (to.ageMs === null) {
    return inconclusive(
      'age_unknown',
      `${to.waiting} jobs wait, the broker reports no age and none was done in the window.`,
      facts,
    );
  }
  const sentence = `The oldest of ${to.waiting} jobs waits ${seconds(to.ageMs)}${to.isEstimate ? ' (estimated from depth and throughput)' : ''}; limit ${seconds(limit)}.`;
  if (to.ageMs <= limit) return pass(sentence, facts);
  if (from.ageMs !== null && from.ageMs > limit)
    return sickBaseline(`${input.from}'s jobs are as old. ${sentence}`, facts);
  // An estimate is good enough to go on, not to roll back.
  return to.isEstimate
    ? inconclusive('queue_age_suspect', sentence, facts)
    : fail('queue_age', sentence, facts);
}

interface Age {
  readonly known: boolean;
  readonly waiting: number;
  /** Null when jobs wait and nothing tells for how long. */
  readonly ageMs: number | null;
  readonly isEstimate: boolean;
}

function ageOf(input: LookInput, color: Color): Age {
  const queues = input.queues.filter((queue) => queue.color === color);
  const waiting = queues.reduce((sum, queue) => sum + queue.ready + queue.inFlight + queue.delayed, 0);
  const reported = queues.flatMap((queue) => (queue.oldestAgeMs === null ? [] : [queue.oldestAgeMs]));
  const known = queues.length > 0;
  const oldest = Math.max(0, ...reported);
  if (waiting === 0 || reported.length === queues.length)
    return { known, waiting, ageMs: oldest, isEstimate: false };
  const done = input.counters
    .filter((counter) => counter.color === color)
    .reduce((sum, counter) => sum + counter.jobsDone, 0);
  const windowMs = input.look.endedAtMs - input.look.windowStartMs;
  if (done === 0 || windowMs <= 0) return { known, waiting, ageMs: null, isEstimate: true };
  return { known, waiting, ageMs: Math.max(oldest, (waiting / done) * windowMs), isEstimate: true };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
