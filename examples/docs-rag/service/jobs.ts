/**
 * Jobs (re-index a note): the producer's side and the consumer of one color, on SQS by the official SDK.
 *
 * Invariants: a job's key is its identity wherever it lies, so a copy moved between queues is the same job;
 * the order is done-ledger, webhook, delete, and each step may be repeated: a crash anywhere ends in a
 * redelivery that changes nothing.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Color } from '../../../src/domain/color.ts';
import { sqsClient } from '../infra/queues.ts';
import { sleep } from '../shared/http.ts';
import { terms } from './analyzer.ts';
import type { StoreClient } from './store-client.ts';

export const jobSchema = z.object({
  key: z.string().min(1),
  source_id: z.string().min(1),
  revision: z.number().int(),
  index_hash: z.string(),
});
export type Job = z.infer<typeof jobSchema>;

export interface JobCounters {
  jobsDone: number;
  jobsDeduped: number;
  egressCalls: number;
  egressFailures: number;
}

export class JobProducer {
  readonly #sqs: SQSClient;

  constructor(endpoint: string) {
    this.#sqs = sqsClient(endpoint);
  }

  async send(queueUrl: string, job: Job): Promise<void> {
    await this.#sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(job),
        MessageAttributes: { 'idempotency-key': { DataType: 'String', StringValue: job.key } },
      }),
    );
  }

  close(): void {
    this.#sqs.destroy();
  }
}

export interface ConsumerOptions {
  readonly color: Color;
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly visibilityTimeoutS: number;
  readonly store: StoreClient;
  readonly mayConsume: () => boolean;
  /** The `queue-stuck` fault: hold what was taken, acknowledge nothing. */
  readonly holds: () => boolean;
}

export class JobConsumer {
  readonly counters: JobCounters = { jobsDone: 0, jobsDeduped: 0, egressCalls: 0, egressFailures: 0 };
  readonly #options: ConsumerOptions;
  readonly #sqs: SQSClient;
  #stopped = false;
  #loop: Promise<void> | null = null;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#sqs = sqsClient(options.endpoint);
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Finishes the jobs in hand, then stops; the poll under way is waited for, so that it takes no message away. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
    this.#sqs.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (!this.#options.mayConsume()) {
        await sleep(200);
        continue;
      }
      try {
        const { Messages: messages = [] } = await this.#sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: this.#options.queueUrl,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: 1,
          }),
        );
        await Promise.all(messages.map((message) => this.#handle(message)));
      } catch (error) {
        process.stderr.write(`consumer ${this.#options.color}: ${String(error)}\n`);
        await sleep(500);
      }
    }
  }

  async #handle(message: Message): Promise<void> {
    await this.#holdWhileStuck(message);
    // The color may have become read-only during the poll: hand the job back for the mover to find.
    if (this.#stopped || !this.#options.mayConsume()) return this.#setVisibility(message, 0);
    try {
      const job = jobSchema.parse(JSON.parse(message.Body ?? ''));
      await this.#process(job);
      await this.#sqs.send(
        new DeleteMessageCommand({
          QueueUrl: this.#options.queueUrl,
          ReceiptHandle: message.ReceiptHandle,
        }),
      );
    } catch (error) {
      // Left undeleted on purpose: it comes back, and after `maxReceives` goes to the dead-letter queue.
      process.stderr.write(`job on ${this.#options.color}: ${String(error)}\n`);
    }
  }

  async #process(job: Job): Promise<void> {
    const { store, color } = this.#options;
    const note = await store.note(job.source_id, job.revision);
    const tokens = terms(note?.text ?? job.source_id, 'porter').length;
    const { key, source_id, revision } = job;
    const result = await store.putDone({ key, source_id, revision, color, tokens });
    if (result === 'first') this.counters.jobsDone += 1;
    else this.counters.jobsDeduped += 1;
    // Also for a duplicate: the first delivery may have died between ledger and webhook.
    this.counters.egressCalls += 1;
    try {
      await store.webhook(key, color);
    } catch (error) {
      this.counters.egressFailures += 1;
      throw error;
    }
  }

  async #holdWhileStuck(message: Message): Promise<void> {
    const extendMs = (this.#options.visibilityTimeoutS * 1000) / 3;
    let nextMs = Date.now() + extendMs;
    while (this.#options.holds() && !this.#stopped) {
      await sleep(100);
      if (Date.now() < nextMs) continue;
      nextMs = Date.now() + extendMs;
      await this.#setVisibility(message, this.#options.visibilityTimeoutS);
    }
  }

  async #setVisibility(message: Message, seconds: number): Promise<void> {
    await this.#sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#options.queueUrl,
        ReceiptHandle: message.ReceiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  }
}
