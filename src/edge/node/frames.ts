/**
 * Frames of a WebSocket (RFC 6455) as they pass: where one ends, what it carries, and how a closing one is written.
 *
 * Invariant: bytes are looked at and never changed, so that compression and pings stay between the two ends.
 */
const CLOSE = 8;
/** Opcodes that carry a message: continuation, text, binary. */
const MAX_DATA_OPCODE = 2;
const MASK_BYTES = 4;

/** Follows one direction of a socket. */
export class FrameScanner {
  /** Payload bytes of messages so far. */
  payloadBytes = 0;
  /** A closing frame has passed. */
  hasClosed = false;
  #header: number[] = [];
  #left = 0;

  /** True where another frame may be written. */
  get isBetweenFrames(): boolean {
    return this.#header.length === 0 && this.#left === 0;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      this.#header.push(chunk[at] ?? 0);
      at += 1;
      if (this.#header.length === headerBytes(this.#header)) this.#begin();
    }
  }

  #begin(): void {
    const opcode = (this.#header[0] ?? 0) & 15;
    this.#left = payloadBytes(this.#header);
    if (opcode <= MAX_DATA_OPCODE) this.payloadBytes += this.#left;
    if (opcode === CLOSE) this.hasClosed = true;
    this.#header = [];
  }
}

/** How long the header is, as far as its first two bytes tell. */
function headerBytes([, second]: readonly number[]): number {
  if (second === undefined) return Number.POSITIVE_INFINITY;
  const length = second & 127;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second >= 128 ? MASK_BYTES : 0);
}

function payloadBytes(header: readonly number[]): number {
  const length = (header[1] ?? 0) & 127;
  const size = length === 126 ? 2 : length === 127 ? 8 : 0;
  return size === 0 ? length : header.slice(2, 2 + size).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** @param isMasked true for what a client sends. */
export function closeFrame(code: number, reason: string, isMasked: boolean): Uint8Array {
  const text = new TextEncoder().encode(reason);
  const payload = Uint8Array.from([code >> 8, code & 255, ...text]);
  if (!isMasked) return Uint8Array.from([128 | CLOSE, payload.length, ...payload]);
  const mask = crypto.getRandomValues(new Uint8Array(MASK_BYTES));
  const masked = payload.map((byte, i) => byte ^ (mask[i % MASK_BYTES] ?? 0));
  return Uint8Array.from([128 | CLOSE, 128 | payload.length, ...mask, ...masked]);
}
