/** The job queues as their broker reports them: one for each color, alike, and provably empty within one freeze. */
import { COLORS, type Color } from '../../domain/color.ts';
import type { Plan } from '../../domain/plan.ts';
import { blocks, warns, type Found, type Seen } from './seen.ts';

export function* queuesDuplicated(plan: Plan, { queue, health }: Seen): Generator<Found> {
  if (queue === null) return;
  const { topic, retry, consistencyLagMs } = queue;
  if (topic.blue === topic.green) {
    yield blocks('queue-topic-shared', `both colors' queue is ${topic.blue}`, 'duplicate the topic');
  }
  const aligned =
    retry.blue.maxDeliveries === retry.green.maxDeliveries &&
    retry.blue.ackTimeoutMs === retry.green.ackTimeoutMs;
  if (!aligned) {
    const describe = (color: Color): string =>
      `${color} ${retry[color].maxDeliveries ?? 'any number of'} deliveries, ${retry[color].ackTimeoutMs / 1000} s to acknowledge`;
    yield blocks(
      'queue-retry-differs',
      `retry policies differ: ${COLORS.map(describe).join('; ')}`,
      'align them',
    );
  }
  if (consistencyLagMs >= plan.cutover.freezeMs) {
    yield blocks(
      'queue-quiet-too-short',
      `the broker's counts lag up to ${consistencyLagMs} ms, longer than the freeze of ${plan.cutover.freezeMs} ms: drained could never be proved`,
      'raise cutover.freeze above the lag',
    );
  }
  for (const { severity, what, fix } of queue.doubts)
    yield { code: 'queue-unsafe', severity, message: what, fix };
  const dead = queue.depth.blue.dead + queue.depth.green.dead;
  if (dead > 0) {
    yield warns(
      'queue-dead-letters',
      `${dead} job(s) are in dead-letter queues already`,
      'they are counted before and after',
    );
  }
  const named = health[plan.to]?.[0]?.queue ?? null;
  // Providers know a queue by its whole address, services by its name.
  if (named !== null && !topic[plan.to].endsWith(named.topic)) {
    yield blocks(
      'queue-topic-shared',
      `${plan.to} consumes ${named.topic}, the plan names ${topic[plan.to]}`,
      'correct queue in the plan',
    );
  }
}

/** Jobs in the dead-letter queues before the switch: the audit expects as many after it. */
export function deadByColor(queue: Seen['queue']): Readonly<Record<Color, number>> | null {
  return queue === null ? null : { blue: queue.depth.blue.dead, green: queue.depth.green.dead };
}
