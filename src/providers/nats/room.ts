/**
 * How much a stream of JetStream takes before it drops what stands there, or refuses what comes.
 * Invariant: never more than that: a message is counted as at least as large as the server counts it.
 */
import type { MsgHdrs } from '@nats-io/transport-node';
import type { Counted, NatsQueue } from './depth.ts';

/** Of a message in a stream beside its subject, headers and text, bytes: the most of what its stores add. */
const OVERHEAD_BYTES = 34;
/** Of the line before the headers and the empty one after them. */
const HEADERS_BYTES = 12;
/** Around each header. */
const HEADER_BYTES = 4;
/** No message takes less, bytes. */
const LEAST_BYTES = 30;

/** Counted down as it is filled. */
export interface Room {
  readonly messages: number;
  bytes: number;
}

export function roomOf({ stream: { config, state }, stored }: Counted): Room {
  const left = (limit: number, taken: number): number => (limit > 0 ? Math.max(0, limit - taken) : Infinity);
  return {
    messages: Math.min(left(config.max_msgs, state.messages), left(config.max_msgs_per_subject, stored)),
    bytes: left(config.max_bytes, state.bytes),
  };
}

export function isFull({ messages, bytes }: Room): boolean {
  return messages === 0 || bytes < LEAST_BYTES;
}

/** Most bytes that a stream counts for a message. @param hop the id by which it knows a repeat */
export function bytesOf(
  { stream, subject }: NatsQueue,
  hop: string,
  carries: MsgHdrs,
  data: Uint8Array,
): number {
  const sent: (readonly [string, readonly string[]])[] = [
    ...carries,
    ['Nats-Msg-Id', [hop]],
    ['Nats-Expected-Stream', [stream]],
  ];
  let bytes = OVERHEAD_BYTES + HEADERS_BYTES + Buffer.byteLength(subject) + data.length;
  for (const [name, values] of sent)
    for (const value of values) bytes += HEADER_BYTES + Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}
