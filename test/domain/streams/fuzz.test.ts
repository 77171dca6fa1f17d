/**
 * Ten thousand mutated streams of each dialect: no crash, nothing dropped in silence, and work that grows with the length (FUZZ_SHORT=1: two thousand).
 * What comes out is held against a count of events that shares no code with the reader.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { framerOf } from '../../../src/domain/streams/framer.ts';
import type { Framing } from '../../../src/domain/streams/frames.ts';
import { StreamReader } from '../../../src/domain/streams/reader.ts';
import { seededRandom } from '../../../src/domain/probes/rounds.ts';
import { assertLinear } from '../../support/linear.ts';
import { codec, framingOfFile, piecesOf } from './support.ts';

const STREAMS = process.env['FUZZ_SHORT'] === '1' ? 2_000 : 10_000;
const FILES = new URL('files/', import.meta.url);
const names = readdirSync(FILES);

const BITS = [
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  'data: ',
  'event: error\n',
  ':',
  '{',
  '}',
  '"',
  '[DONE]',
  '\uFEFF',
  'é',
  '\u0000',
  'id: 1\n',
];

/** One to six changes anywhere: a bit of another stream, a hole, a repeat, a flipped byte, an early end. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  let now = bytes;
  const place = (): number => Math.floor(random() * (now.length + 1));
  for (let left = 1 + Math.floor(random() * 6); left > 0; left -= 1) {
    const [a, b] = [place(), place()].toSorted((x, y) => x - y) as [number, number];
    const kind = Math.floor(random() * 6);
    if (kind === 0) now = Buffer.concat([now.subarray(0, a), now.subarray(b)]);
    else if (kind === 1) now = Buffer.concat([now.subarray(0, b), now.subarray(a)]);
    else if (kind === 2) now = now.subarray(0, b);
    else if (kind === 3 && a < now.length) {
      now = Buffer.from(now);
      now[a] = Math.floor(random() * 256);
    } else {
      const bit = Buffer.from(BITS[Math.floor(random() * BITS.length)] ?? '');
      now = Buffer.concat([now.subarray(0, a), bit, now.subarray(a)]);
    }
  }
  return now;
}

/** Objects of an array, by their brackets outside of texts. */
function objectsOf(text: string): number {
  if (!text.trimStart().startsWith('[')) return 0;
  let [depth, objects, isObject] = [0, 0, false];
  for (const [bracket] of text.matchAll(/"(?:[^"\\]|\\.)*(?:"|$)|[[\]{}]/gs)) {
    if (bracket.startsWith('"')) continue;
    if (bracket === '{' || bracket === '[') {
      depth += 1;
      if (depth === 2) isObject = bracket === '{';
      continue;
    }
    depth -= 1;
    if (depth === 1 && isObject) objects += 1;
    if (depth === 0) break;
  }
  return objects;
}

/** Messages that AWS’s own decoder takes, up to the first it refuses. */
function messagesOf(bytes: Buffer): number {
  for (let [from, messages] = [0, 0]; ; messages += 1) {
    const length = bytes.length - from < 4 ? 0 : bytes.readUInt32BE(from);
    try {
      if (length > bytes.length - from) return messages;
      codec.decode(bytes.subarray(from, from + length));
    } catch {
      return messages;
    }
    from += length;
  }
}

/** Events by splitting the whole text. */
function counted(bytes: Buffer, framing: Framing): number {
  if (framing === 'messages') return messagesOf(bytes);
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF/, '');
  if (framing === 'array') return objectsOf(text);
  const lines = text.split(/\r\n|\r|\n/);
  if (framing === 'lines') return lines.filter((line) => line.replaceAll('\u001e', '').trim() !== '').length;
  let [events, data, name] = [0, false, ''];
  for (const line of [...lines, '']) {
    if (line === '') {
      if (data || name !== '') events += 1;
      [data, name] = [false, ''];
    } else if (/^data(:|$)/.test(line)) data = true;
    else if (/^event(:|$)/.test(line)) name = line.replace(/^event:? ?/, '');
  }
  return events;
}

function check(bytes: Buffer, framing: Framing, random: () => number): void {
  const stream = new StreamReader({ framing, keeps: true });
  let events = 0;
  const framer = framerOf(framing, Number.POSITIVE_INFINITY, () => (events += 1));
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + 1 + Math.floor(random() * 200));
    stream.push(bytes.subarray(from, to));
    framer.push(bytes.subarray(from, to));
    from = to;
  }
  framer.finish();
  const error = stream.finish();
  assert.ok(error === null || /^body:[a-z_]+(:[a-z0-9_.-]+)?$/.test(error), String(error));
  assert.equal(typeof (stream.document() as { answer: unknown }).answer, 'string');
  assert.equal(events, counted(bytes, framing));
}

describe('mutated streams', () => {
  for (const [seed, name] of names.entries()) {
    it(`of ${name} crash nobody, and no event is lost (B5, D7)`, () => {
      const bytes = readFileSync(new URL(name, FILES));
      const random = seededRandom(`${seed}`);
      for (let i = 0; i < STREAMS; i += 1) {
        const stream = mutated(bytes, random);
        try {
          check(stream, framingOfFile(name), random);
        } catch (cause) {
          throw new Error(`stream ${i}: ${JSON.stringify(stream.toString())}`, { cause });
        }
      }
    });

    it(`of ${name}: sixteen times as long takes about sixteen times as long`, () => {
      const bytes = readFileSync(new URL(name, FILES));
      // Without its end, else nothing after the first copy is read.
      const text = Buffer.concat(piecesOf(name, bytes).slice(0, 4));
      assertLinear(
        1000,
        (copies) => Buffer.concat(Array.from({ length: copies }, () => text)),
        (chunk) => {
          const stream = new StreamReader({ framing: framingOfFile(name), keeps: true });
          for (let at = 0; at < chunk.length; at += 1000) stream.push(chunk.subarray(at, at + 1000));
          stream.finish();
          stream.document();
        },
      );
    });
  }
});
