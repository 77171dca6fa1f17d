/** What the sample needs of a broker, whichever it is: a queue for each color, its jobs in and out, and how many it holds. */
import { z } from 'zod';
import type { Color } from '../../../src/domain/color.ts';

const sqsQueue = z.object({ name: z.string(), url: z.string(), dlqName: z.string(), dlqUrl: z.string() });
const natsQueue = z.object({ name: z.string(), stream: z.string(), consumer: z.string() });

/** Where both queues are; `name` is what a health contract calls them. */
export const queueSchema = z.discriminatedUnion('use', [
  z.object({ use: z.literal('sqs'), endpoint: z.string(), blue: sqsQueue, green: sqsQueue }),
  z.object({ use: z.literal('nats'), url: z.string(), blue: natsQueue, green: natsQueue }),
]);

export type QueuePlace = z.infer<typeof queueSchema>;
export type SqsPlace = Extract<QueuePlace, { use: 'sqs' }>;
export type NatsPlace = Extract<QueuePlace, { use: 'nats' }>;

/** One job as it was handed out. Until it is done or given back it is nobody else's for the time that the queue gives. */
export interface Delivery {
  readonly body: string;
  /** It will not come again. */
  done(): Promise<void>;
  /** Hands it out to the next who asks. */
  giveBack(): Promise<void>;
  /** Keeps it for the same time once more. */
  keep(): Promise<void>;
}

export interface JobQueues {
  /** @param key of the job, the same in each of its copies */
  send(to: Color, key: string, body: string): Promise<void>;
  /** Hands out up to ten as they come, for about a second at most. @returns when all of them are handled */
  take(from: Color, handle: (delivery: Delivery) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface QueueCounts {
  readonly name: string;
  readonly ready: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** How both queues treat a job that is not acknowledged. */
export interface RetryRule {
  readonly visibilityTimeoutS: number;
  readonly maxReceives: number;
}

/** Both queues as they were made. */
export interface MadeQueues {
  readonly place: QueuePlace;
  /** `queue` of a plan. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** Of both queues, and of what they gave up. */
  counts(): Promise<readonly QueueCounts[]>;
  close(): Promise<void>;
}
