/**
 * Finds in an event stream what a user can use, and its end, from the bytes as they come.
 *
 * Invariant: linear in the bytes, whatever the length of a line and however it is cut into chunks: of a line only its
 * beginning is kept.
 */
const TERMINATORS: ReadonlySet<string> = new Set(['[DONE]', '[END]']);
const END_EVENTS: ReadonlySet<string> = new Set(['event: message_stop', 'event: done']);
const LF = 10;
const CR = 13;
/** More of a line than any terminator and its padding take, bytes. */
const HEAD_BYTES = 64;

export class SseLines {
  readonly #decoder = new TextDecoder();
  readonly #head = new Uint8Array(HEAD_BYTES);
  #length = 0;
  /** A line longer than its head brought text already. */
  #useful = false;
  #terminated = false;

  get terminated(): boolean {
    return this.#terminated;
  }

  /** @returns true when the chunk brought something a user can use. */
  sees(chunk: Uint8Array): boolean {
    let useful = false;
    let lf = chunk.indexOf(LF);
    let cr = chunk.indexOf(CR);
    for (let at = 0; at < chunk.length;) {
      if (lf !== -1 && lf < at) lf = chunk.indexOf(LF, at);
      if (cr !== -1 && cr < at) cr = chunk.indexOf(CR, at);
      const next = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
      const end = next === -1 ? chunk.length : next;
      this.#take(chunk, at, end);
      // A line of megabytes is useful long before its end.
      if (next !== -1 ? this.#close() : this.#useful) useful = true;
      at = end + 1;
    }
    return useful;
  }

  /** The stream ended: its last line may lack a line break. */
  finish(): void {
    this.#close();
  }

  #take(chunk: Uint8Array, from: number, to: number): void {
    const room = Math.min(HEAD_BYTES - this.#length, to - from);
    if (room > 0) {
      this.#head.set(chunk.subarray(from, from + room), this.#length);
      this.#length += room;
    }
    if (this.#useful || this.#length < HEAD_BYTES || from + room >= to) return;
    // The head is full and the line goes on, so it is no terminator; it is useful at its first text.
    if (!this.#text().startsWith('data:')) return;
    this.#useful = this.#text().slice(5).trim() !== '' || isText(chunk, from + room, to);
  }

  /** Ends the line; @returns true when it was useful. */
  #close(): boolean {
    const useful = this.#useful || this.#isUseful();
    this.#length = 0;
    this.#useful = false;
    return useful;
  }

  #isUseful(): boolean {
    const text = this.#text();
    if (END_EVENTS.has(text)) this.#terminated = true;
    if (!text.startsWith('data:')) return false;
    const data = text.slice(5).trim();
    if (TERMINATORS.has(data)) this.#terminated = true;
    return data !== '' && !TERMINATORS.has(data);
  }

  #text(): string {
    return this.#decoder.decode(this.#head.subarray(0, this.#length));
  }
}

function isText(chunk: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((chunk[at] ?? 0) > 32) return true;
  return false;
}
