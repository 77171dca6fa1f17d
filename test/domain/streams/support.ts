/** Streams in files, and messages of AWS by its own encoder. */
import { EventStreamCodec } from '@smithy/core/event-streams';
import type { Framing } from '../../../src/domain/streams/frames.ts';

const FRAMINGS: Readonly<Record<string, Framing>> = {
  sse: 'events',
  ndjson: 'lines',
  json: 'array',
  eventstream: 'messages',
};

export function framingOfFile(name: string): Framing {
  const framing = FRAMINGS[name.split('.').at(-1) ?? ''];
  if (framing === undefined) throw new Error(`${name}: no framing has this ending`);
  return framing;
}

export const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
);

/** A message with these headers, all of them texts. */
function message(headers: Readonly<Record<string, string>>, payload: object): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }]);
  return Buffer.from(
    codec.encode({
      headers: Object.fromEntries(typed) as Record<string, { type: 'string'; value: string }>,
      body: Buffer.from(JSON.stringify(payload)),
    }),
  );
}

/** An event as Bedrock sends it. */
export function awsEvent(type: string, payload: object): Buffer {
  return message(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    payload,
  );
}

/** An event of InvokeModelWithResponseStream. */
export function awsChunk(inner: object): Buffer {
  return awsEvent('chunk', { bytes: Buffer.from(JSON.stringify(inner)).toString('base64'), p: 'abcd' });
}

export function awsException(type: string): Buffer {
  return message(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    { message: 'of the user 7' },
  );
}

/** A stream in pieces that none of the tests below cuts: lines, or messages. */
export function piecesOf(name: string, bytes: Buffer): Buffer[] {
  const isBinary = framingOfFile(name) === 'messages';
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(10, from);
    const to = isBinary ? from + bytes.readUInt32BE(from) : newline === -1 ? bytes.length : newline + 1;
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}
