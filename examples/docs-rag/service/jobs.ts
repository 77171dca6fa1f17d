/**
 * Jobs (re-index a note): the consumer of one color.
 *
 * Invariants: a job's key is its identity wherever it lies, so a copy moved between queues is the same job;
 * the order is done-ledger, webhook, delete, and each step may be repeated: a crash anywhere ends in a
 * redelivery that changes nothing.
 */
import { z } from 'zod';
import type { Color } from '../../../src/domain/color.ts';
import type { Delivery, JobQueues } from '../queues/job-queue.ts';
import { sleep } from '../shared/http.ts';
import { terms } from './analyzer.ts';
import type { StoreClient } from './store-client.ts';

const jobSchema = z.object({
  key: z.string().min(1),
  source_id: z.string().min(1),
  revision: z.number().int(),
  index_hash: z.string(),
});
type Job = z.infer<typeof jobSchema>;

export interface JobCounters {
  jobsDone: number;
  jobsDeduped: number;
  egressCalls: number;
  egressFailures: number;
}

export interface ConsumerOptions {
  readonly color: Color;
  readonly queues: JobQueues;
  readonly visibilityTimeoutS: number;
  readonly store: StoreClient;
  readonly mayConsume: () => boolean;
  /** The `queue-stuck` fault: hold what was taken, acknowledge nothing. */
  readonly holds: () => boolean;
}

export class JobConsumer {
  readonly counters: JobCounters = { jobsDone: 0, jobsDeduped: 0, egressCalls: 0, egressFailures: 0 };
  readonly #options: ConsumerOptions;
  #stopped = false;
  #loop: Promise<void> | null = null;

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Finishes the jobs in hand, then stops; the poll under way is waited for, so that it takes no message away. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (!this.#options.mayConsume()) {
        await sleep(200);
        continue;
      }
      try {
        const { queues, color } = this.#options;
        await queues.take(color, (delivery) => this.#handle(delivery));
      } catch (error) {
        process.stderr.write(`consumer ${this.#options.color}: ${String(error)}\n`);
        await sleep(500);
      }
    }
  }

  async #handle(delivery: Delivery): Promise<void> {
    await this.#holdWhileStuck(delivery);
    // The color may have become read-only during the poll: hand the job back for the mover to find.
    if (this.#stopped || !this.#options.mayConsume()) return delivery.giveBack();
    try {
      await this.#process(jobSchema.parse(JSON.parse(delivery.body)));
      await delivery.done();
    } catch (error) {
      // Left as it is on purpose: it comes back, until it was delivered too often.
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

  async #holdWhileStuck(delivery: Delivery): Promise<void> {
    const extendMs = (this.#options.visibilityTimeoutS * 1000) / 3;
    let nextMs = Date.now() + extendMs;
    while (this.#options.holds() && !this.#stopped) {
      await sleep(100);
      if (Date.now() < nextMs) continue;
      nextMs = Date.now() + extendMs;
      await delivery.keep();
    }
  }
}
