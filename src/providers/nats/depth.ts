/**
 * What a work queue of JetStream holds.
 * Invariant: the stream is asked, which holds whatever is not done; the consumer alone says nothing of jobs that it has given up.
 */
import type {
  ConsumerInfo,
  JetStreamManager,
  MsgRequest,
  NextMsgRequest,
  StreamInfo,
} from '@nats-io/jetstream';
import { ProviderError } from '../../domain/errors.ts';
import type { QueueDepth } from '../../ports/index.ts';

export interface NatsQueue {
  readonly stream: string;
  readonly subject: string;
  readonly consumer: string;
}

export interface Counted {
  readonly consumer: ConsumerInfo;
  readonly stream: StreamInfo;
  /** Jobs of the subject that the stream holds. */
  readonly stored: number;
}

/** Questions until one pair of them shows dead letters, where more came in between them than there can be. */
const MOST_TRIES = 5;

/** @throws ProviderError where the stream or its consumer is none that a queue can be counted by. */
export async function count(manager: JetStreamManager, queue: NatsQueue): Promise<Counted> {
  const { stream: name, subject } = queue;
  const consumer = await manager.consumers.info(name, queue.consumer);
  const stream = await manager.streams.info(name, { subjects_filter: subject });
  const { retention } = stream.config;
  if (retention !== 'workqueue')
    throw unfit(
      `stream ${name} has retention ${retention}, which keeps jobs that are done: it must be workqueue`,
    );
  const { ack_policy, deliver_subject, filter_subject, filter_subjects } = consumer.config;
  if (ack_policy !== 'explicit' || (deliver_subject ?? '') !== '')
    throw unfit(`consumer ${queue.consumer} of ${name} must be pulled from, with explicit acknowledgement`);
  const filters =
    filter_subjects ?? ((filter_subject ?? '') === '' ? stream.config.subjects : [filter_subject]);
  if (filters.length !== 1 || filters[0] !== subject)
    throw unfit(
      `consumer ${queue.consumer} of ${name} takes ${filters.join(', ')}, and so counts other jobs than those of ${subject}`,
    );
  return { consumer, stream, stored: stream.state.subjects?.[subject] ?? 0 };
}

export async function depthOf(manager: JetStreamManager, queue: NatsQueue): Promise<QueueDepth> {
  let counted = await count(manager, queue);
  let dead = unexplained(counted);
  if (dead > 0) {
    dead = 0;
    for (let tries = 0; dead === 0 && tries < MOST_TRIES; tries += 1) {
      const before = counted.stream.state.last_seq;
      counted = await count(manager, queue);
      dead = Math.max(0, unexplained(counted) - (counted.stream.state.last_seq - before));
    }
  }
  const { num_pending: ready, num_ack_pending: inFlight } = counted.consumer;
  const oldestAgeMs = ready + inFlight === 0 ? 0 : await ageMs(manager, queue, counted, dead);
  return { ready, inFlight, delayed: 0, dead, oldestAgeMs };
}

/**
 * Jobs that the stream holds and the consumer does not know: past their last delivery they stay until somebody takes them away. The consumer
 * is asked first, so those that came in since are among them.
 */
function unexplained({ consumer, stored }: Counted): number {
  return stored - consumer.num_pending - consumer.num_ack_pending;
}

/** Of the oldest job that waits or is worked on; null where dead letters may lie before it. */
async function ageMs(
  manager: JetStreamManager,
  { stream, subject }: NatsQueue,
  { consumer }: Counted,
  dead: number,
): Promise<number | null> {
  if (dead > 0 && consumer.num_ack_pending > 0) return null;
  const { ack_floor, delivered } = consumer;
  const done = consumer.num_ack_pending > 0 ? ack_floor : delivered;
  const next: NextMsgRequest = { seq: done.stream_seq + 1, next_by_subj: subject };
  // The server takes it from every stream; the client's types only where the stream allows direct reads.
  const first = await manager.streams.getMessage(stream, next as unknown as MsgRequest);
  return first === null ? null : Math.max(0, Date.now() - first.time.getTime());
}

function unfit(why: string): ProviderError {
  return new ProviderError('fatal', 'nats', why);
}
