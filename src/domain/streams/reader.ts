/**
 * Reads one answer stream: what a user can use of it, its end, its error, and the answer document that comes out.
 *
 * Invariant: linear in the characters, however they are cut; nothing is kept of a stream unless it is asked for.
 */
import { isRecord } from '../is-record.ts';
import { textAt, type Citation, type Dialect, type EndMark, type Json, type StreamEvent } from './dialect.ts';
import { commonError, streamErrorClass } from './error.ts';
import { framerOf, type Framer } from './framer.ts';
import type { Frame, Framing } from './frames.ts';
import { plain } from './plain.ts';
import { DIALECTS } from './table.ts';

/** The stream is over without its end: events were on their way, or the dialect has an end mark that did not come. */
const TRUNCATED = 'body:truncated_stream';
/** Longest event that is looked into where nothing is kept, characters or bytes. */
const MAX_CHARS = 1024 * 1024;

export interface StreamReaderOptions {
  readonly framing: Framing;
  /** Dialects of the user's own; they are asked first. */
  readonly own?: readonly Dialect[];
  /** Whether text, citations and fields are kept for `document`. @default false */
  readonly keeps?: boolean;
}

export class StreamReader {
  readonly #framing: Framing;
  readonly #framer: Framer;
  readonly #dialects: readonly Dialect[];
  readonly #keeps: boolean;
  #dialect: Dialect | null = null;
  #hasText = false;
  #hasData = false;
  #hasPlainText = false;
  #isComplete = false;
  #isOver = false;
  #isCut = false;
  #hasBroken = false;
  #error: string | null = null;
  // A Map and not an object spread anew: work grows with the stream, and `__proto__` is a key like any other.
  readonly #fields = new Map<string, unknown>();
  #texts: string[] = [];
  readonly #answers: string[] = [];
  /** By source and text: some services send the whole list with each event. */
  readonly #citations = new Map<string, Citation>();
  #isKnown: boolean | null = null;
  /** Its dialect is sure: text of it has come. */
  #isSure = false;

  constructor({ framing, own = [], keeps = false }: StreamReaderOptions) {
    this.#dialects = own.length === 0 ? DIALECTS : [...own, ...DIALECTS];
    this.#keeps = keeps;
    this.#framing = framing;
    const most = keeps ? Number.POSITIVE_INFINITY : MAX_CHARS;
    this.#framer = framerOf(framing, most, (frame) => this.#take(frame));
  }

  push(chunk: Uint8Array): void {
    this.#framer.push(chunk);
  }

  /**
   * The transfer ended.
   * @returns the error class of a stream that carried an error or was cut off; null when all is well
   */
  finish(): string | null {
    if (this.#framer.finish()) this.#isCut = true;
    if (this.#error !== null) return this.#error;
    if (this.#isOver || this.#isComplete) return null;
    // A list of lines may have none.
    const isMissing = !this.#hasData && this.#framing !== 'lines';
    return this.#isCut || isMissing || this.#dialect?.marksEnd === true ? TRUNCATED : null;
  }

  /** Name of the dialect that was last recognised; `plain` when none was. */
  get dialect(): string {
    return (this.#dialect ?? plain).name;
  }

  /** Whether its first event is one of a dialect, or an error: false for a JSON array of anything else. Null before the first event. */
  get isKnown(): boolean | null {
    return this.#isKnown;
  }

  /** True once text that is not blank has come. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** True once any event has come that is more than a name. */
  get hasData(): boolean {
    return this.#hasData;
  }

  /** True once the answer is over, by its end mark or by an error: nothing after it counts. */
  get isOver(): boolean {
    return this.#isOver || this.#error !== null;
  }

  /** How far the answer has said that it is over, an error being the last of it; null while it has not. */
  get endMark(): EndMark | null {
    if (this.isOver) return 'last';
    return this.#isComplete ? 'complete' : null;
  }

  /** True once an event had data that looked like JSON and was not. */
  get hasBroken(): boolean {
    return this.#hasBroken;
  }

  /** The fields of all events merged, with the text under `answer` and the sources under `citations` and `retrieved`. */
  document(): unknown {
    const document = new Map(this.#fields);
    const cited = [...this.#citations.values()];
    if (cited.length > 0) {
      document.set(
        'citations',
        cited.map(({ id, fields }) => ({ ...fields, section_id: id })),
      );
    }
    const delivered = cited.filter(({ text }) => text !== undefined);
    if (delivered.length > 0 && !document.has('retrieved')) {
      document.set(
        'retrieved',
        delivered.map(({ id, text }) => ({ snippet_id: id, section_id: id, text })),
      );
    }
    if (typeof document.get('answer') !== 'string') document.set('answer', this.#answer());
    return Object.fromEntries(document);
  }

  /** Some services send `answer` in pieces, some whole each time, some once and whole at the end. */
  #answer(): string {
    const pieces = this.#answers;
    const last = pieces.at(-1);
    if (last === undefined) return this.#texts.join('');
    const isWholeEachTime = pieces.every((piece, i) => piece.startsWith(pieces[i - 1] ?? ''));
    return isWholeEachTime || pieces.slice(0, -1).join('') === last ? last : pieces.join('');
  }

  /** Takes in one event. */
  #take(frame: Frame): void {
    if (this.isOver) return;
    if (frame.isLong || frame.data.trim() !== '') this.#hasData = true;
    // Nobody sends so much of anything but the answer.
    if (frame.isLong) this.#hasText = true;
    // Of a long event its name has to do.
    const data = frame.isLong ? '' : frame.data;
    const json = jsonOf(data);
    const event: StreamEvent = { name: frame.name, data, json: json ?? {}, isObject: json !== null };
    const known = this.#dialects.find((one) => one.knows(event));
    const dialect = known ?? plain;
    // A long line of JSON is not looked into, and the last one needs no newline.
    const mayBeWhole = json !== null || (frame.isLong && this.#framing === 'lines');
    if (frame.isUnfinished && !mayBeWhole && dialect.end(event) === null) {
      this.#isCut = true;
      return;
    }
    if (json === null && this.#looksBroken(data)) {
      this.#hasBroken = true;
      return;
    }
    if (known !== undefined) this.#dialect = known;
    const error = commonError(event) ?? dialect.error(event);
    this.#isKnown ??= known !== undefined || error !== null;
    if (error !== null) {
      this.#error = streamErrorClass(error);
      return;
    }
    // Once its dialect is sure, an event that is not of it is no text: vendors add kinds of events.
    const text = known === undefined && this.#isSure ? '' : dialect.text(event);
    if (known !== undefined && text !== '') this.#isSure = true;
    const citations = dialect.citations(event);
    if (this.#keeps)
      this.#keep(event, {
        text,
        citations,
        isOwn: known !== undefined,
        replaces: dialect.replaces?.(event) === true,
      });
    if (text.trim() !== '' || (known === undefined && textAt(event.json, 'answer') !== ''))
      this.#hasText = true;
    if (known === undefined && json === null && text.trim() !== '') this.#hasPlainText = true;
    const end = dialect.end(event);
    if (end === 'last') this.#isOver = true;
    if (end === 'complete') this.#isComplete = true;
  }

  /** A brace by itself may be a word of plain text. */
  #looksBroken(data: string): boolean {
    return !this.#hasPlainText && data.trimStart().startsWith('{');
  }

  #keep(
    { json }: StreamEvent,
    found: {
      readonly text: string;
      readonly citations: readonly Citation[];
      readonly isOwn: boolean;
      readonly replaces: boolean;
    },
  ): void {
    if (found.replaces) this.#texts = [];
    if (found.text !== '') this.#texts.push(found.text);
    for (const one of found.citations) this.#citations.set(`${one.id}\n${one.text ?? ''}`, one);
    // The whole answer often comes last, wrapped.
    const whole = [json['final'], json['response']].find((one) => isRecord(one));
    for (const [key, part] of Object.entries(whole ?? json)) {
      if (whole === undefined && found.isOwn) {
        // The dialect has read them already. Sources that it does not know stay as they are.
        if (key === 'answer' || (key === 'citations' && found.citations.length > 0)) continue;
      }
      if (whole !== undefined || key !== 'answer' || typeof part !== 'string') this.#fields.set(key, part);
      else if (part !== '') this.#answers.push(part);
    }
  }
}

/** The data as a JSON object; null when it is none. */
function jsonOf(data: string): Json | null {
  const start = data.trimStart();
  if (!start.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(start);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
