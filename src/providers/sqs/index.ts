/**
 * Provider `sqs`: one queue for each color on Amazon SQS (or anything that speaks its protocol).
 * Invariant: reading never touches a message, nothing is ever purged, and the SDK does not retry: Temporal owns
 * retries, so that what an operator sees is what happened.
 */
import { GetQueueAttributesCommand, type QueueAttributeName, SQSClient } from '@aws-sdk/client-sqs';
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { answersWithin, awsConnection } from '../aws.ts';
import { parseOptions } from '../options.ts';
import { defineProvider, type ProviderScope, type QueueDepth, type QueuePort } from '../../ports/index.ts';
import { mapSqsError } from './errors.ts';
import type { TargetQueue } from './held.ts';
import { AWS_LAG_MS, manifest } from './manifest.ts';
import { Move } from './move.ts';

/** 1 MiB since August 2025 (SQS quotas); a queue says its own. */
const DEFAULT_MAX_BYTES = 1024 * 1024;

const COUNTS: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
];

/** @throws UserError when an option is wrong. */
export function sqsQueue(ref: ProviderRef, scope: ProviderScope): QueuePort {
  const options = parseOptions(manifest.ports.queue, ref, 'queue');
  const endpoint = options.endpoint ?? scope.env['AWS_ENDPOINT_URL_SQS'] ?? scope.env['AWS_ENDPOINT_URL'];
  const lagMs = options.consistencyLagMs ?? (isAws(endpoint) ? AWS_LAG_MS : 0);
  const client = new SQSClient({
    maxAttempts: 1,
    ...answersWithin(options.timeoutMs),
    ...awsConnection(options.region, endpoint, scope.env),
  });
  const copied = new Set<string>();

  async function attributes(
    url: string,
    names: QueueAttributeName[],
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, string | undefined>>> {
    try {
      const answer = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      return answer.Attributes ?? {};
    } catch (error) {
      throw mapSqsError(error, url, signal);
    }
  }

  async function targetQueue(url: string, signal?: AbortSignal): Promise<TargetQueue> {
    const got = await attributes(url, ['QueueArn', 'MaximumMessageSize'], signal);
    return {
      url,
      isFifo: url.endsWith('.fifo'),
      maxBytes: Number(got['MaximumMessageSize'] ?? DEFAULT_MAX_BYTES),
    };
  }

  return {
    capabilities: {
      consistencyLagMs: lagMs,
    },

    topic: (color) => nameOf(options[color]),

    async depth(color: Color, signal): Promise<QueueDepth> {
      const dlq = options.deadLetter?.[color];
      const [own, dead] = await Promise.all([
        attributes(options[color], COUNTS, signal),
        dlq === undefined ? null : attributes(dlq, COUNTS, signal),
      ]);
      const [ready = 0, inFlight = 0, delayed = 0] = counts(options[color], own);
      const waiting = ready + inFlight + delayed;
      return {
        ready,
        inFlight,
        delayed,
        dead: dlq === undefined || dead === null ? 0 : counts(dlq, dead).reduce((sum, n) => sum + n, 0),
        // SQS tells the age to CloudWatch only; of an empty queue we know it without asking.
        oldestAgeMs: waiting === 0 ? 0 : null,
      };
    },

    async retryPolicy(color, signal) {
      const got = await attributes(options[color], ['RedrivePolicy', 'VisibilityTimeout'], signal);
      return {
        maxDeliveries: maxReceives(got['RedrivePolicy']),
        ackTimeoutMs: Number(got['VisibilityTimeout'] ?? 30) * 1000,
      };
    },

    async move(from, to, context) {
      const { maxMessages, signal } = context;
      const got = await attributes(options[from], ['RedrivePolicy', ...COUNTS], signal);
      const [ready = 0] = counts(options[from], got);
      const source = { url: options[from], maxReceives: maxReceives(got['RedrivePolicy']), ready };
      let target: TargetQueue;
      try {
        target = await targetQueue(options[to], signal);
      } catch (error) {
        if (!(error instanceof ProviderError) || error.kind === 'retry') throw error;
        // Known before anything was received: no job has lost a try.
        return { moved: 0, refused: { jobs: 0, why: error.message, isLastTry: false } };
      }
      const limits = { maxMessages, waitS: lagMs > 0 ? 1 : 0 };
      return new Move(client, { source, target }, copied, limits, signal).run();
    },
  };
}

function counts(url: string, got: Readonly<Record<string, string | undefined>>): readonly number[] {
  return COUNTS.map((name) => {
    const value = Number(got[name]);
    // No count is no data: taking it for 0 would prove a queue empty that nobody counted.
    if (got[name] === undefined || !Number.isFinite(value)) {
      throw new ProviderError('retry', 'sqs', `${url}: SQS answered without ${name}`);
    }
    return value;
  });
}

function maxReceives(redrivePolicy: string | undefined): number | null {
  if (redrivePolicy === undefined || redrivePolicy === '') return null;
  // Some tools store the count as text; SQS keeps the policy as it was written.
  const { maxReceiveCount } = JSON.parse(redrivePolicy) as { maxReceiveCount?: number | string };
  return maxReceiveCount === undefined ? null : Number(maxReceiveCount);
}

function nameOf(queueUrl: string): string {
  return new URL(queueUrl).pathname.split('/').at(-1) ?? queueUrl;
}

function isAws(endpoint: string | undefined): boolean {
  return endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}

export const provider = defineProvider({ name: 'sqs', queue: sqsQueue });
