/**
 * Finds a delivered text in our copy of its section, for services that give no offsets.
 *
 * Invariant: only ever returns ranges of the section's own text; what cannot be found counts as nothing and
 * is reported, it is never guessed.
 */
import type { Span } from './tokens.ts';
import { wordTokens } from './tokens.ts';

/** Words in a shingle. */
const SHINGLE = 5;
/** Share of a snippet's words that must lie in matching shingles. */
const LOCATED = 0.5;

interface Normalised {
  readonly text: string;
  /** Offset in the original of each character of `text`. */
  readonly at: readonly number[];
}

/** Lower case, letters and digits only, one space between runs: what survives most re-formatting. */
function normalise(text: string): Normalised {
  const at: number[] = [];
  let out = '';
  let gap = false;
  for (let i = 0; i < text.length;) {
    const char = String.fromCodePoint(text.codePointAt(i) ?? 0);
    if (/[\p{L}\p{N}]/u.test(char)) {
      if (gap && out !== '') {
        out += ' ';
        at.push(i);
      }
      gap = false;
      const lower = char.toLowerCase();
      out += lower;
      for (let j = 0; j < lower.length; j += 1) at.push(i);
    } else {
      gap = true;
    }
    i += char.length;
  }
  return { text: out, at };
}

function words(text: string): { readonly spans: readonly Span[]; readonly terms: string[] } {
  const spans = wordTokens(text);
  return { spans, terms: spans.map((s) => text.slice(s.start, s.end).toLowerCase()) };
}

function bySubstring(section: string, snippet: string): Span | null {
  const needle = normalise(snippet).text;
  if (needle === '') return null;
  const hay = normalise(section);
  // Whole words only, else `tab` would be found in `table`.
  const found = ` ${hay.text} `.indexOf(` ${needle} `);
  if (found < 0) return null;
  const start = hay.at[found];
  const last = hay.at[found + needle.length - 1];
  if (start === undefined || last === undefined) return null;
  return { start, end: last + String.fromCodePoint(section.codePointAt(last) ?? 0).length };
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
