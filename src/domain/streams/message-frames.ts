/**
 * Cuts an event stream of AWS (`application/vnd.amazon.eventstream`) into frames, one a message: two lengths and their checksum, headers,
 * payload, checksum of all.
 *
 * Invariant: linear in the bytes, however they are cut into chunks; of a message at most `maxBytes` are kept; after a checksum that is
 * wrong nothing is read, since nobody knows where the next message begins.
 */
import { concat } from '../concat.ts';
import { isRecord } from '../is-record.ts';
import { crc32 } from './crc32.ts';
import type { Frame } from './frames.ts';

const PRELUDE = 12;
/** Lengths and checksums of a message without headers and payload. */
const LEAST = 16;
/** Bytes of a header’s value by its type; a text and bytes say their own length. */
const SIZES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const [BYTES, TEXT] = [6, 7];

export class MessageFrames {
  readonly #maxBytes: number;
  readonly #emit: (frame: Frame) => void;
  readonly #utf8 = new TextDecoder();
  readonly #prelude = new Uint8Array(PRELUDE);
  #preludeBytes = 0;
  /** Of the message under way, behind its prelude. */
  #left = 0;
  #kept: Uint8Array[] | null = null;
  #isBroken = false;

  constructor(maxBytes: number, emit: (frame: Frame) => void) {
    this.#maxBytes = maxBytes;
    this.#emit = emit;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#isBroken;) {
      if (this.#preludeBytes < PRELUDE) {
        const piece = chunk.subarray(at, at + PRELUDE - this.#preludeBytes);
        this.#prelude.set(piece, this.#preludeBytes);
        this.#preludeBytes += piece.length;
        at += piece.length;
        if (this.#preludeBytes === PRELUDE) this.#begin();
        continue;
      }
      const piece = chunk.subarray(at, at + this.#left);
      // A copy: the chunk itself goes on to the user.
      this.#kept?.push(piece.slice());
      this.#left -= piece.length;
      at += piece.length;
      if (this.#left === 0) this.#end();
    }
  }

  finish(): boolean {
    return this.#isBroken || this.#preludeBytes > 0;
  }

  #begin(): void {
    const view = viewOf(this.#prelude);
    const [length, headers] = [view.getUint32(0), view.getUint32(4)];
    this.#isBroken = view.getUint32(8) !== crc32(this.#prelude.subarray(0, 8)) || length < LEAST + headers;
    this.#left = length - PRELUDE;
    this.#kept = length <= this.#maxBytes ? [] : null;
  }

  #end(): void {
    const kept = this.#kept;
    this.#kept = null;
    this.#preludeBytes = 0;
    if (kept === null) {
      this.#emit({ name: '', data: '', isLong: true, isUnfinished: false });
      return;
    }
    const rest = concat(kept);
    const end = rest.length - 4;
    const sum = crc32(rest.subarray(0, end), crc32(this.#prelude));
    const headerBytes = viewOf(this.#prelude).getUint32(4);
    const headers = sum === viewOf(rest).getUint32(end) ? this.#headers(rest.subarray(0, headerBytes)) : null;
    if (headers === null) {
      this.#isBroken = true;
      return;
    }
    const frame = frameOf(headers, this.#utf8.decode(rest.subarray(headerBytes, end)));
    this.#emit({ ...frame, isLong: false, isUnfinished: false });
  }

  /** Those that are texts; null when they are none. */
  #headers(bytes: Uint8Array): ReadonlyMap<string, string> | null {
    const found = new Map<string, string>();
    const view = viewOf(bytes);
    for (let at = 0; at < bytes.length;) {
      const nameEnd = at + 1 + view.getUint8(at);
      const type = bytes[nameEnd] ?? -1;
      const isSized = type === BYTES || type === TEXT;
      if (isSized && nameEnd + 3 > bytes.length) return null;
      const size = isSized ? view.getUint16(nameEnd + 1) : SIZES[type];
      if (size === undefined) return null;
      const from = nameEnd + (isSized ? 3 : 1);
      if (from + size > bytes.length) return null;
      const name = this.#utf8.decode(bytes.subarray(at + 1, nameEnd));
      if (type === TEXT) found.set(name, this.#utf8.decode(bytes.subarray(from, from + size)));
      at = from + size;
    }
    return found;
  }
}

/** An exception is an event `error` as other streams have it. */
function frameOf(headers: ReadonlyMap<string, string>, payload: string): Pick<Frame, 'name' | 'data'> {
  const type = headers.get(':message-type') ?? 'event';
  if (type !== 'event') {
    const code = headers.get(':exception-type') ?? headers.get(':error-code') ?? type;
    return { name: 'error', data: JSON.stringify({ error: { code } }) };
  }
  const name = headers.get(':event-type') ?? '';
  const inner = name === 'chunk' ? innerOf(payload) : null;
  return inner === null ? { name, data: payload } : { name: '', data: inner };
}

/** What the model itself sent, as text in base 64 in the payload of a `chunk`; null when there is none. */
function innerOf(payload: string): string | null {
  try {
    const chunk: unknown = JSON.parse(payload);
    if (!isRecord(chunk) || typeof chunk['bytes'] !== 'string') return null;
    return new TextDecoder().decode(Uint8Array.from(atob(chunk['bytes']), (char) => char.charCodeAt(0)));
  } catch {
    return null;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
