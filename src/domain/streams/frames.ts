/**
 * Cuts the text of a stream into frames: server-sent events by the WHATWG rules, or one frame a line (NDJSON, JSON text sequences).
 *
 * Invariant: linear in the characters, however they are cut into chunks; of a frame at most `maxChars` are kept.
 */
/** `array`: a JSON array, an object each. `messages`: binary ones of AWS. */
export type Framing = TextFraming | 'array' | 'messages';
export type TextFraming = 'events' | 'lines';

export interface Frame {
  /** `event:` of a server-sent event; empty where there is none. */
  readonly name: string;
  readonly data: string;
  /** True when it was longer than what was kept. */
  readonly isLong: boolean;
  /** True when the stream ended in the middle of a line of it. */
  readonly isUnfinished: boolean;
}

const LF = '\n';
const CR = '\r';
/** Begins each text of a JSON text sequence. */
const RECORD_SEPARATOR = '\u001e';

export class Frames {
  readonly #framing: TextFraming;
  readonly #maxChars: number;
  readonly #emit: (frame: Frame) => void;
  #isFirst = true;
  #afterCr = false;
  #line = '';
  #isLongLine = false;
  #name = '';
  #data: string[] = [];
  #dataChars = 0;
  #isLong = false;

  constructor(framing: TextFraming, maxChars: number, emit: (frame: Frame) => void) {
    this.#framing = framing;
    this.#maxChars = maxChars;
    this.#emit = emit;
  }

  push(text: string): void {
    if (text === '') return;
    let from = this.#isFirst && text.startsWith('\uFEFF') ? 1 : 0;
    this.#isFirst = false;
    // The carriage return that ended the last line may have been half of its end.
    if (this.#afterCr && from < text.length) {
      if (text[from] === LF) from += 1;
      this.#afterCr = false;
    }
    let lf = text.indexOf(LF, from);
    let cr = text.indexOf(CR, from);
    for (;;) {
      if (lf !== -1 && lf < from) lf = text.indexOf(LF, from);
      if (cr !== -1 && cr < from) cr = text.indexOf(CR, from);
      const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
      if (end === -1) break;
      this.#append(text, from, end);
      this.#endLine(false);
      from = end + 1;
      if (end !== cr) continue;
      if (from === text.length) this.#afterCr = true;
      else if (text[from] === LF) from += 1;
    }
    this.#append(text, from, text.length);
  }

  /**
   * The stream ended: a last line may lack its end, a last event its blank line.
   * @returns true when it ended in the middle of a line that no frame tells of (`dat`, `id: 4`)
   */
  finish(): boolean {
    const isUnfinished = this.#line !== '';
    if (isUnfinished) this.#endLine(true);
    if (this.#framing === 'lines') return false;
    const hasFrame = this.#data.length > 0 || this.#name !== '';
    this.#dispatch(isUnfinished);
    return isUnfinished && !hasFrame;
  }

  #append(text: string, from: number, to: number): void {
    if (from >= to) return;
    const room = this.#maxChars - this.#line.length;
    if (to - from > room) this.#isLongLine = true;
    if (room > 0) this.#line += text.slice(from, Math.min(to, from + room));
  }

  #endLine(isUnfinished: boolean): void {
    const [line, isLong] = [this.#line, this.#isLongLine];
    this.#line = '';
    this.#isLongLine = false;
    if (this.#framing === 'lines') this.#whole(line, isLong, isUnfinished);
    else this.#field(line, isLong);
  }

  #whole(line: string, isLong: boolean, isUnfinished: boolean): void {
    const data = line.startsWith(RECORD_SEPARATOR) ? line.slice(1) : line;
    if (data.trim() === '') return;
    this.#emit({ name: '', data, isLong, isUnfinished });
  }

  #field(line: string, isLong: boolean): void {
    if (line === '') {
      this.#dispatch(false);
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#addData(value, isLong);
    else if (field === 'event') this.#name = value;
  }

  #addData(value: string, isLong: boolean): void {
    if (isLong) this.#isLong = true;
    if (this.#dataChars + value.length > this.#maxChars) {
      this.#isLong = true;
      if (this.#data.length > 0) return;
    }
    this.#dataChars += value.length;
    this.#data.push(value);
  }

  /** Unlike a browser, a name without data is an event too: LangServe ends so. */
  #dispatch(isUnfinished: boolean): void {
    const [name, data, isLong] = [this.#name, this.#data, this.#isLong];
    this.#name = '';
    this.#data = [];
    this.#dataChars = 0;
    this.#isLong = false;
    if (data.length > 0 || name !== '') this.#emit({ name, data: data.join(LF), isLong, isUnfinished });
  }
}
