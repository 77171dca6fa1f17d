/**
 * The backfill guard on SQS: moves messages from one queue to another, each with its idempotency key.
 * Invariant: a message is deleted only after the other queue has accepted it; whatever goes wrong in between, it is
 * still in the source, comes back when its visibility ends and is sent again under the same key.
 * Never purge: purging is asynchronous, takes 60 s and also eats what arrives meanwhile.
 * Source: SQS API reference: 10 messages a batch; a batch is at most 1 MiB (256 KiB before August 2025, which is
 * what we keep to); 10 attributes a message; MessageDeduplicationId up to 128 characters.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { ProviderError } from '../../domain/errors.ts';
import { sha256Hex } from '../evidence/digest.ts';

/** Message attribute that carries the job's key `sha256(source_id + revision + index_hash)`. */
const KEY_ATTRIBUTE = 'idempotency-key';
const BATCH = 10;
const BATCH_BYTES = 256 * 1024;
const MAX_ATTRIBUTES = 10;
/** Long enough for one batch to be sent and deleted, s. */
const VISIBILITY_S = 30;

interface Held {
  readonly receipt: string;
  readonly entry: SendMessageBatchRequestEntry;
}

/**
 * @param limits `waitS`: seconds of long polling. On AWS at least 1: a long poll asks every SQS server, a short one
 *   asks a sample and may say "empty" when it is not.
 */
export async function moveMessages(
  client: SQSClient,
  source: string,
  target: string,
  limits: { readonly maxMessages: number; readonly waitS: number },
  signal?: AbortSignal,
): Promise<{ moved: number }> {
  const { maxMessages, waitS } = limits;
  const options = signal === undefined ? {} : { abortSignal: signal };
  // A FIFO queue keeps the order within a group only if a failed send stops the ones behind it.
  const batch = target.endsWith('.fifo') ? 1 : BATCH;
  let moved = 0;
  let lastFailure: string | null = null;
  while (moved < maxMessages) {
    const answer = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: source,
        MaxNumberOfMessages: Math.min(batch, maxMessages - moved),
        VisibilityTimeout: VISIBILITY_S,
        WaitTimeSeconds: waitS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['MessageGroupId', 'AWSTraceHeader'],
      }),
      options,
    );
    const messages = answer.Messages ?? [];
    if (messages.length === 0) break;
    const held = messages.map((message, index) => hold(message, index));
    for (const part of bySize(held)) {
      const { sent, failure } = await sendPart(client, target, part, options);
      await deletePart(client, source, sent, options);
      moved += sent.length;
      if (failure !== null) {
        lastFailure = failure;
        await letGo(
          client,
          source,
          part.filter((one) => !sent.includes(one)),
        );
      }
    }
    // What was let go would be received again at once: leave it to the next call instead of spinning on it.
    if (lastFailure !== null) break;
  }
  if (moved === 0 && lastFailure !== null) {
    throw new ProviderError('retry', 'sqs', `${target}: no message was accepted: ${lastFailure}`);
  }
  return { moved };
}

function hold(message: Message, index: number): Held {
  const attributes: Record<string, MessageAttributeValue> = { ...message.MessageAttributes };
  // A producer without a key gets one that is the same whenever this message is received again.
  const key = attributes[KEY_ATTRIBUTE]?.StringValue ?? `sqs:${message.MessageId ?? ''}`;
  if (attributes[KEY_ATTRIBUTE] === undefined && Object.keys(attributes).length < MAX_ATTRIBUTES) {
    attributes[KEY_ATTRIBUTE] = { DataType: 'String', StringValue: key };
  }
  const group = message.Attributes?.MessageGroupId;
  const trace = message.Attributes?.AWSTraceHeader;
  return {
    receipt: message.ReceiptHandle ?? '',
    entry: {
      Id: String(index),
      MessageBody: message.Body ?? '',
      MessageAttributes: attributes,
      ...(group === undefined
        ? {}
        : { MessageGroupId: group, MessageDeduplicationId: key.length <= 128 ? key : sha256Hex(key) }),
      ...(trace === undefined
        ? {}
        : { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } } }),
    },
  };
}

function bySize(held: readonly Held[]): Held[][] {
  const parts: Held[][] = [];
  let room = 0;
  for (const one of held) {
    const size = sizeOf(one.entry);
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = BATCH_BYTES;
    }
    parts.at(-1)?.push(one);
    room -= size;
  }
  return parts;
}

function sizeOf({ MessageBody, MessageAttributes }: SendMessageBatchRequestEntry): number {
  let size = Buffer.byteLength(MessageBody ?? '');
  for (const [name, value] of Object.entries(MessageAttributes ?? {})) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value.DataType ?? '');
    size += Buffer.byteLength(value.StringValue ?? '') + (value.BinaryValue?.byteLength ?? 0);
  }
  return size;
}

async function sendPart(
  client: SQSClient,
  target: string,
  part: readonly Held[],
  options: { abortSignal?: AbortSignal },
): Promise<{ sent: readonly Held[]; failure: string | null }> {
  const answer = await client.send(
    new SendMessageBatchCommand({ QueueUrl: target, Entries: part.map((one) => one.entry) }),
    options,
  );
  const accepted = new Set((answer.Successful ?? []).map((one) => one.Id));
  const refused = answer.Failed?.[0];
  return {
    sent: part.filter((one) => accepted.has(one.entry.Id)),
    failure: refused === undefined ? null : `${refused.Code ?? 'unknown'}: ${refused.Message ?? ''}`,
  };
}

/** Deletes what was sent, twice if need be; what still stays is moved again later under the same key. */
async function deletePart(
  client: SQSClient,
  source: string,
  sent: readonly Held[],
  options: { abortSignal?: AbortSignal },
): Promise<void> {
  let left = sent;
  for (let attempt = 0; attempt < 2 && left.length > 0; attempt += 1) {
    const answer = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: source,
        Entries: left.map((one) => ({ Id: one.entry.Id, ReceiptHandle: one.receipt })),
      }),
      options,
    );
    const failed = new Set((answer.Failed ?? []).map((one) => one.Id));
    left = left.filter((one) => failed.has(one.entry.Id));
  }
}

/** Makes messages visible again at once. Best effort: without it they come back when their visibility ends. */
async function letGo(client: SQSClient, source: string, held: readonly Held[]): Promise<void> {
  await Promise.allSettled(
    held.map((one) =>
      client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: source,
          ReceiptHandle: one.receipt,
          VisibilityTimeout: 0,
        }),
      ),
    ),
  );
}
