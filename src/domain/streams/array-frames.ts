/**
 * Cuts a JSON array into frames, one an object of it: Gemini streams so where it is not asked for server-sent events.
 *
 * Invariant: linear in the characters, however they are cut into chunks; of an object at most `maxChars` are kept.
 */
import type { Frame } from './frames.ts';

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

export class ArrayFrames {
  readonly #maxChars: number;
  readonly #emit: (frame: Frame) => void;
  /** 0: outside of the array, 1: between its items, more: inside of one. */
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #isEnded = false;
  #isObject = false;
  #item = '';
  #isLong = false;

  constructor(maxChars: number, emit: (frame: Frame) => void) {
    this.#maxChars = maxChars;
    this.#emit = emit;
  }

  push(text: string): void {
    if (this.#depth === 0 && !this.#isEnded) {
      const first = /[^\s\uFEFF]/.exec(text)?.[0];
      // Any other JSON is none of ours.
      if (first !== undefined && first !== '[') this.#isEnded = true;
    }
    if (this.#isEnded) return;
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (this.#isText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === BACKSLASH) this.#isEscaped = true;
        else if (code === QUOTE) this.#isText = false;
      } else if (code === QUOTE) this.#isText = true;
      else if (code === OPEN || code === OPEN_LIST) {
        if (this.#depth === 1) {
          from = at;
          this.#isObject = code === OPEN;
        }
        this.#depth += 1;
      } else if (code === CLOSE || code === CLOSE_LIST) {
        this.#depth -= 1;
        if (this.#depth === 1) this.#endItem(text.slice(from, at + 1));
        if (this.#depth > 0) continue;
        this.#isEnded = true;
        return;
      }
    }
    if (this.#depth > 1) this.#append(text.slice(from));
  }

  /** Nothing more is read: the array has ended, or there is none. */
  get isOver(): boolean {
    return this.#isEnded;
  }

  finish(): boolean {
    return !this.#isEnded;
  }

  #append(piece: string): void {
    const room = this.#maxChars - this.#item.length;
    if (piece.length > room) this.#isLong = true;
    if (room > 0) this.#item += piece.slice(0, room);
  }

  #endItem(rest: string): void {
    this.#append(rest);
    const [data, isLong] = [this.#item, this.#isLong];
    this.#item = '';
    this.#isLong = false;
    if (this.#isObject) this.#emit({ name: '', data, isLong, isUnfinished: false });
  }
}
