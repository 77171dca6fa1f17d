/**
 * Finds a delivered text in our copy of its section, for services that give no offsets.
 *
 * Invariant: only ever returns ranges of the section's own text; what cannot be found counts as nothing and
 * is reported, it is never guessed.
 */
import { foldText, foldWords } from '../fold-text.ts';
import type { Span } from './tokens.ts';
import { wordTokens } from './tokens.ts';

/** Words in a shingle. */
const SHINGLE = 5;
/** Share of a snippet's words that must lie in matching shingles. */
const LOCATED = 0.5;

interface Normalised {
  readonly text: string;
  /** Where in the original the letter of each character of `text` begins, and where it ends. */
  readonly at: readonly number[];
  readonly ends: readonly number[];
}

/** A letter or digit with what belongs to it: marks, vowels and finals of Hangul that are written by themselves, signs of no width. */
const LETTER = /[\p{L}\p{N}](?:\p{M}|\p{Cf}|[\u1160-\u11FF]|\u0640)*/gu;
/** Of scripts that put no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Folded letters and digits only, one space between runs: what survives most re-formatting. */
function normalise(text: string): Normalised {
  const [at, ends]: [number[], number[]] = [[], []];
  let out = '';
  let end = 0;
  // The last letter by itself: to look at the end of a text that grows costs as much as the text is long.
  let last = '';
  // Letters are few and come again: folding one costs more than all else that is done with it.
  const known = new Map<string, string>();
  for (const { 0: letter, index } of text.matchAll(LETTER)) {
    const folded = known.get(letter) ?? foldWords(letter);
    known.set(letter, folded);
    // A line that ends between two words of an unspaced script says nothing.
    const isGap = index > end && last !== '' && !(UNSPACED.test(last) && UNSPACED.test(folded));
    if (isGap) {
      out += ' ';
      at.push(index);
      ends.push(index);
    }
    end = index + letter.length;
    out += folded;
    last = folded;
    for (let j = 0; j < folded.length; j += 1) {
      at.push(index);
      ends.push(end);
    }
  }
  return { text: out, at, ends };
}

function words(text: string): { readonly spans: readonly Span[]; readonly terms: string[] } {
  const spans = wordTokens(text);
  return { spans, terms: spans.map((s) => foldText(text.slice(s.start, s.end))) };
}

function bySubstring(section: string, snippet: string): Span | null {
  const needle = normalise(snippet).text;
  if (needle === '') return null;
  const hay = normalise(section);
  for (let from = 0; ; from += 1) {
    from = hay.text.indexOf(needle, from);
    if (from < 0) return null;
    const to = from + needle.length;
    if (!isBetween(hay.text, from) || !isBetween(hay.text, to)) continue;
    return { start: hay.at[from] ?? 0, end: hay.ends[to - 1] ?? 0 };
  }
}

/** Whether words end at a place, else `tab` would be found in `table`. */
function isBetween(text: string, at: number): boolean {
  const [before = ' ', after = ' '] = [text[at - 1], text[at]];
  return before === ' ' || after === ' ' || UNSPACED.test(before) || UNSPACED.test(after);
}

function byShingles(section: string, snippet: string): Span[] {
  const body = words(section);
  const asked = words(snippet);
  if (asked.terms.length < SHINGLE) return [];
  const shingle = (terms: readonly string[], i: number): string => terms.slice(i, i + SHINGLE).join(' ');
  const wanted = new Map<string, number[]>();
  for (let i = 0; i + SHINGLE <= asked.terms.length; i += 1) {
    const key = shingle(asked.terms, i);
    wanted.set(key, [...(wanted.get(key) ?? []), i]);
  }
  const covered = new Set<number>();
  const matched = new Set<number>();
  for (let i = 0; i + SHINGLE <= body.terms.length; i += 1) {
    const hits = wanted.get(shingle(body.terms, i));
    if (hits === undefined) continue;
    for (let j = 0; j < SHINGLE; j += 1) {
      covered.add(i + j);
      for (const hit of hits) matched.add(hit + j);
    }
  }
  if (matched.size < LOCATED * asked.terms.length) return [];
  return [...covered].flatMap((i) => body.spans[i] ?? []);
}

/**
 * The ranges of `section` that `snippet` covers: the normalised substring, else all words in matching
 * five-word shingles provided that they make up half of the snippet.
 * @returns empty when the snippet cannot be located.
 */
export function locate(section: string, snippet: string): Span[] {
  const exact = bySubstring(section, snippet);
  return exact === null ? byShingles(section, snippet) : [exact];
}
