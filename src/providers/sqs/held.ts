/**
 * A received message as it will be sent on.
 * Invariants: the producer's idempotency key goes with it; the broker's deduplication id is one for all tries of a hop and another
 * for the next hop, since the source gives each copy a message id of its own. With the key itself a job that comes back within
 * five minutes would be accepted as a repeat and dropped.
 * Source: SQS API reference: 10 attributes a message; MessageDeduplicationId is for FIFO queues only, refused by others;
 * MessageGroupId is required by FIFO queues and allowed (fair queues) by others; FIFO queues take no DelaySeconds.
 */
import type { Message, MessageAttributeValue, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { sha256Hex } from '../digest.ts';
import { KEY_ATTRIBUTE, RECEIVES_ATTRIBUTE } from '../job-attributes.ts';

const MAX_ATTRIBUTES = 10;

export interface TargetQueue {
  readonly url: string;
  readonly isFifo: boolean;
  /** Bytes a message may have, attributes included. */
  readonly maxBytes: number;
}

export interface Held {
  readonly messageId: string;
  readonly receipt: string;
  /** How often the source has handed it out, this time included. */
  readonly receives: number;
  /** Messages of one group keep their order; null without a group. */
  readonly group: string | null;
  readonly entry: Omit<SendMessageBatchRequestEntry, 'Id'>;
  readonly bytes: number;
}

export function hold(message: Message, target: TargetQueue): Held {
  const messageId = message.MessageId ?? '';
  const own = message.MessageAttributes ?? {};
  const receives = Number(message.Attributes?.ApproximateReceiveCount ?? 1);
  // A producer without a key gets one that is the same whenever this message is received again.
  const key = own[KEY_ATTRIBUTE]?.StringValue ?? `sqs:${messageId}`;
  const before = Number(own[RECEIVES_ATTRIBUTE]?.StringValue ?? 0) + receives - 1;
  const group = message.Attributes?.MessageGroupId ?? null;
  const trace = message.Attributes?.AWSTraceHeader;
  const body = message.Body ?? '';
  const attributes = withOurs(own, body, target.maxBytes, {
    [KEY_ATTRIBUTE]: { DataType: 'String', StringValue: key },
    ...(before > 0 ? { [RECEIVES_ATTRIBUTE]: { DataType: 'Number', StringValue: String(before) } } : {}),
  });
  return {
    messageId,
    receipt: message.ReceiptHandle ?? '',
    receives,
    group,
    bytes: sizeOf(body, attributes),
    entry: {
      MessageBody: body,
      MessageAttributes: attributes,
      ...grouping(target, group, key, messageId),
      ...(trace === undefined
        ? {}
        : { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } } }),
    },
  };
}

function grouping(
  target: TargetQueue,
  group: string | null,
  key: string,
  messageId: string,
): Partial<SendMessageBatchRequestEntry> {
  if (!target.isFifo) {
    // Its delay is over, or it could not have been received.
    return { DelaySeconds: 0, ...(group === null ? {} : { MessageGroupId: group }) };
  }
  return {
    // A job that had no order to keep gets a group of its own.
    MessageGroupId: group ?? sha256Hex(key),
    MessageDeduplicationId: sha256Hex(JSON.stringify([key, messageId])),
  };
}

/** Adds our attributes where the message has room for them; the job itself goes first. */
function withOurs(
  own: Readonly<Record<string, MessageAttributeValue>>,
  body: string,
  maxBytes: number,
  ours: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, MessageAttributeValue> {
  let attributes = { ...own };
  for (const [name, value] of Object.entries(ours)) {
    const more = { ...attributes, [name]: value };
    const fits = Object.keys(more).length <= MAX_ATTRIBUTES && sizeOf(body, more) <= maxBytes;
    if (fits) attributes = more;
  }
  return attributes;
}

function sizeOf(body: string, attributes: Readonly<Record<string, MessageAttributeValue>>): number {
  let size = Buffer.byteLength(body);
  for (const [name, value] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value.DataType ?? '');
    size += Buffer.byteLength(value.StringValue ?? '') + (value.BinaryValue?.byteLength ?? 0);
  }
  return size;
}
