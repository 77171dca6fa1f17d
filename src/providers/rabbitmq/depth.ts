/**
 * What a queue of RabbitMQ holds.
 * Invariant: never less than it held a moment ago. What is ready is asked of the queue itself; what consumers hold only the management
 * API tells, some seconds late, so whatever it counted and is not ready any more counts as in flight.
 */
import { ProviderError } from '../../domain/errors.ts';
import type { QueueDepth, RetryPolicy } from '../../ports/index.ts';
import type { Rabbit } from './connection.ts';
import { queueFacts, type ManagementAt, type QueueFacts } from './management.ts';

export interface RabbitQueue {
  readonly queue: string;
  readonly retryQueue?: string | undefined;
  readonly deadLetterQueue?: string | undefined;
}

export async function depthOf(
  rabbit: Rabbit,
  at: ManagementAt,
  { queue, retryQueue, deadLetterQueue }: RabbitQueue,
  signal: AbortSignal | undefined,
): Promise<QueueDepth> {
  const beside = (name: string | undefined): Promise<number> =>
    name === undefined ? Promise.resolve(0) : queueFacts(at, name, signal).then(({ messages }) => messages);
  const [facts, delayed, dead] = await Promise.all([
    fitFacts(at, queue, signal),
    beside(retryQueue),
    beside(deadLetterQueue),
  ]);
  const ready = await rabbit.ask(signal, async (connection) => {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    return (await channel.checkQueue(queue)).messageCount;
  });
  const inFlight = Math.max(facts.unacknowledged, facts.messages - ready, 0);
  return { ready, inFlight, delayed, dead, oldestAgeMs: ageMs(facts, ready + inFlight + delayed) };
}

function ageMs({ headSinceMs }: QueueFacts, waiting: number): number | null {
  if (waiting === 0) return 0;
  return headSinceMs === null ? null : Math.max(0, Date.now() - headSinceMs);
}

export function retryPolicyOf(facts: QueueFacts, ackTimeoutMs: number): RetryPolicy {
  const ownMs = Number(facts.setting('consumer-timeout'));
  return { maxDeliveries: maxDeliveries(facts), ackTimeoutMs: ownMs > 0 ? ownMs : ackTimeoutMs };
}

/** Deliveries after which a quorum queue gives a job up; null where it never does. */
export function maxDeliveries({ type, setting }: QueueFacts): number | null {
  const returns = setting('delivery-limit');
  // So many times a job may come back; it was delivered once before that.
  return type === 'quorum' && typeof returns === 'number' && returns >= 0 ? returns + 1 : null;
}

/** @throws ProviderError of a queue that cannot hold a color's jobs. */
export async function fitFacts(
  at: ManagementAt,
  name: string,
  signal: AbortSignal | undefined,
): Promise<QueueFacts> {
  const facts = await queueFacts(at, name, signal);
  const unfit = (why: string): ProviderError =>
    new ProviderError('fatal', 'rabbitmq', `queue ${name} ${why}`);
  if (facts.type === 'stream')
    throw unfit('is a stream, which keeps jobs that are done: it must be classic or quorum');
  if (facts.autoDelete) throw unfit('is deleted with its jobs when its last consumer leaves (auto-delete)');
  if (facts.exclusive) throw unfit('belongs to one connection (exclusive)');
  return facts;
}
