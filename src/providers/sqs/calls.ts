/**
 * The batch calls of a move, each answered entry by entry: an answer of 200 may hold refusals, and what is not confirmed did not
 * happen.
 */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { ProviderError } from '../../domain/errors.ts';
import { isTransientCode, mapSqsError } from './errors.ts';
import type { Held } from './held.ts';

/** Messages a call takes at most (SQS API reference, batch actions). */
export const BATCH = 10;
/** Long enough for one batch to be sent and deleted, s. */
const VISIBILITY_S = 30;

/** `job`: this one job; `target`: every job; `passing`: the same call may do better. */
export interface Failure {
  readonly of: 'job' | 'target' | 'passing';
  readonly why: string;
  /** Asked for by the broker. */
  readonly retryAfterMs?: number | undefined;
}

export class SqsCalls {
  readonly #client: SQSClient;
  readonly #source: string;
  readonly #target: string;
  readonly #waitS: number;
  readonly #signal: AbortSignal | undefined;

  constructor(
    client: SQSClient,
    queues: { readonly source: string; readonly target: string },
    /** Seconds of long polling. On AWS at least 1: a long poll asks every SQS server, a short one a sample of them. */
    waitS: number,
    signal: AbortSignal | undefined,
  ) {
    this.#client = client;
    this.#source = queues.source;
    this.#target = queues.target;
    this.#waitS = waitS;
    this.#signal = signal;
  }

  async receive(count: number): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#source,
      MaxNumberOfMessages: Math.min(BATCH, count),
      VisibilityTimeout: VISIBILITY_S,
      WaitTimeSeconds: this.#waitS,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['MessageGroupId', 'AWSTraceHeader', 'ApproximateReceiveCount'],
    });
    try {
      return (await this.#client.send(command, this.#options())).Messages ?? [];
    } catch (error) {
      throw mapSqsError(error, this.#source, this.#signal);
    }
  }

  /** @returns what failed and why; everything else was accepted. */
  async send(part: readonly Held[]): Promise<ReadonlyMap<Held, Failure>> {
    const command = new SendMessageBatchCommand({
      QueueUrl: this.#target,
      Entries: part.map((one, index) => ({ ...one.entry, Id: String(index) })),
    });
    try {
      const { Successful = [], Failed = [] } = await this.#client.send(command, this.#options());
      const accepted = new Set(Successful.map((one) => one.Id));
      const refused = new Map(Failed.map((one) => [one.Id, one]));
      return new Map(
        part.flatMap((one, index): [Held, Failure][] => {
          if (accepted.has(String(index))) return [];
          const { Code = 'no answer', Message = '', SenderFault = false } = refused.get(String(index)) ?? {};
          const why = `${Code}: ${Message}`;
          if (!SenderFault || isTransientCode(Code)) return [[one, { of: 'passing', why }]];
          return [[one, { of: TARGET_CODES.test(Code) ? 'target' : 'job', why }]];
        }),
      );
    } catch (error) {
      const mapped = mapSqsError(error, this.#target, this.#signal);
      if (!(mapped instanceof ProviderError)) throw mapped;
      const of = mapped.kind === 'retry' ? 'passing' : 'target';
      const { message: why, retryAfterMs } = mapped;
      return new Map(part.map((one) => [one, { of, why, retryAfterMs }]));
    }
  }

  /** Deletes what was sent, twice if need be; @returns what is still in the source. */
  async delete(sent: readonly Held[]): Promise<readonly Held[]> {
    let left = sent;
    for (let attempt = 0; attempt < 2 && left.length > 0; attempt += 1) {
      const entries = left;
      const command = new DeleteMessageBatchCommand({
        QueueUrl: this.#source,
        Entries: entries.map((one, index) => ({ Id: String(index), ReceiptHandle: one.receipt })),
      });
      try {
        const { Successful = [] } = await this.#client.send(command, this.#options());
        const deleted = new Set(Successful.map((one) => one.Id));
        left = entries.filter((_, index) => !deleted.has(String(index)));
      } catch (error) {
        const mapped = mapSqsError(error, this.#source, this.#signal);
        if (!(mapped instanceof ProviderError) || mapped.kind !== 'retry') throw mapped;
      }
    }
    return left;
  }

  /** Keeps messages in hand for another while. */
  async extend(held: readonly Held[]): Promise<void> {
    await this.#setVisibility(held, VISIBILITY_S, this.#options());
  }

  /**
   * Makes messages visible again at once, the last of a group first, so that a group opens only when its first is back. Best
   * effort, also after a cancellation: without it they come back when their visibility ends.
   */
  async letGo(held: readonly Held[]): Promise<void> {
    await this.#setVisibility(held.toReversed(), 0, {});
  }

  async #setVisibility(
    held: readonly Held[],
    seconds: number,
    options: { abortSignal?: AbortSignal },
  ): Promise<void> {
    for (let at = 0; at < held.length; at += BATCH) {
      const command = new ChangeMessageVisibilityBatchCommand({
        QueueUrl: this.#source,
        Entries: held.slice(at, at + BATCH).map((one, index) => ({
          Id: String(index),
          ReceiptHandle: one.receipt,
          VisibilityTimeout: seconds,
        })),
      });
      await this.#client.send(command, options).catch(() => undefined);
    }
  }

  #options(): { abortSignal?: AbortSignal } {
    return this.#signal === undefined ? {} : { abortSignal: this.#signal };
  }
}

/** Refusals of single entries that every other entry would meet, too. */
const TARGET_CODES = /AccessDenied|Kms|NonExistentQueue|QueueDoesNotExist/;
