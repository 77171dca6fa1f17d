/**
 * Word tokens and windows: the one tokenisation by which coverage counts and embedders are fed.
 *
 * Invariant: cutover's own (`Intl.Segmenter`, word-like segments), never the service's: blue and green may
 * tokenise differently, and a measure that moves with the measured thing measures nothing.
 */

/** A half-open range of UTF-16 offsets `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A piece of text small enough for an embedder, with its weight in word tokens. */
export interface TextWindow {
  readonly text: string;
  readonly tokens: number;
}

/** Window length when the embedder does not say otherwise; USE-lite ignores everything after ~80 words. */
const DEFAULT_WINDOW_WORDS = 60;

const segmenters = new Map<string, Intl.Segmenter>();

function segmenter(locale: string): Intl.Segmenter {
  let found = segmenters.get(locale);
  if (found === undefined) {
    found = new Intl.Segmenter(locale, { granularity: 'word' });
    segmenters.set(locale, found);
  }
  return found;
}

/** Tokens kept of texts seen before; a snippet comes back every round and segmenting costs 5 µs a word on Node 20. */
const MEMO_TOKENS = 400_000;
const memo = new Map<string, readonly Span[]>();
let memoTokens = 0;

function remember(key: string, tokens: readonly Span[]): void {
  memo.set(key, tokens);
  memoTokens += tokens.length;
  for (const [oldest, held] of memo) {
    if (memoTokens <= MEMO_TOKENS) break;
    memo.delete(oldest);
    memoTokens -= held.length;
  }
}

/** Characters that are segmented at once: the time of a word grows with the text that it stands in. */
const PIECE = 2000;
/** No word goes on behind these. */
const BETWEEN_WORDS = /[\s。、，！？；]+/gu;

/** Pieces of a text with their places, cut between words. */
function* piecesOf(text: string): Generator<[from: number, piece: string]> {
  let from = 0;
  while (text.length - from > PIECE) {
    BETWEEN_WORDS.lastIndex = from + PIECE;
    if (BETWEEN_WORDS.exec(text) === null) break;
    yield [from, text.slice(from, BETWEEN_WORDS.lastIndex)];
    from = BETWEEN_WORDS.lastIndex;
  }
  yield [from, text.slice(from)];
}

/**
 * The word-like segments of a text, in order.
 * @param locale BCP 47 tag; default `en`.
 */
export function wordTokens(text: string, locale = 'en'): readonly Span[] {
  const key = `${locale}\0${text}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const out: Span[] = [];
  for (const [from, piece] of piecesOf(text)) {
    for (const part of segmenter(locale).segment(piece)) {
      const start = from + part.index;
      if (part.isWordLike === true) out.push({ start, end: start + part.segment.length });
    }
  }
  remember(key, out);
  return out;
}

/**
 * Cuts a text into consecutive windows of `windowWords` words. A tail shorter than a quarter of a window joins
 * the one before it: alone it would be noise, and the joined window still fits an embedder whose window was
 * chosen as 0.75 of its limit.
 * @param windowWords words per window; default 60.
 * @returns no window for a text without words.
 */
export function textWindows(text: string, windowWords = DEFAULT_WINDOW_WORDS, locale = 'en'): TextWindow[] {
  if (!Number.isInteger(windowWords) || windowWords < 1)
    throw new RangeError(`windowWords must be a positive integer, got ${windowWords}`);
  const tokens = wordTokens(text, locale);
  const out: TextWindow[] = [];
  let from = 0;
  while (from < tokens.length) {
    let to = Math.min(from + windowWords, tokens.length);
    if (tokens.length - to < windowWords / 4) to = tokens.length;
    const first = tokens[from];
    const last = tokens[to - 1];
    if (first === undefined || last === undefined) break;
    out.push({ text: text.slice(first.start, last.end), tokens: to - from });
    from = to;
  }
  return out;
}
