/** The brokers by name. Only the client of the one that is used is loaded. */
import type { JobQueues, MadeQueues, QueuePlace, RetryRule } from './job-queue.ts';

/** Where the queues are to be made: a broker of our own on a port (0: any free one), or one that runs. */
export type BrokerSettings =
  | { readonly use: 'sqs'; readonly port: number }
  | { readonly use: 'nats'; readonly url: string };

export async function makeQueues(broker: BrokerSettings, rule: RetryRule): Promise<MadeQueues> {
  return broker.use === 'sqs'
    ? (await import('./sqs.ts')).makeQueues(broker, rule)
    : (await import('./nats.ts')).makeQueues(broker, rule);
}

export async function openQueues(place: QueuePlace, rule: RetryRule): Promise<JobQueues> {
  return place.use === 'sqs'
    ? (await import('./sqs.ts')).openQueues(place, rule)
    : (await import('./nats.ts')).openQueues(place);
}
