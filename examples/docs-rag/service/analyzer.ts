/**
 * Text analysis of the sample retriever: words, stopwords and the Porter stemmer.
 *
 * Blue and green both run this file; a color that stems its queries but not its index is one
 * of the faults the demo injects, so the two analyzers are kept apart by name.
 */

/** How a word becomes an index term: `porter` stems it, `plain` only lowercases it. */
export type Analyzer = 'porter' | 'plain';

/** One word of a text with its character range. */
export interface Word {
  readonly term: string;
  readonly start: number;
  readonly end: number;
}

// Question words and glue only: `not`, `null`, `in` and `like` carry meaning in SQL documentation
// but `in` occurs in every chunk, so BM25 gives it no weight and it may stay out.
const STOPWORDS = new Set(
  (
    'a about after all also am an and any are as at be because been being but by can could did do does doing ' +
    'each for from get gets getting had has have having he her here how i if in into is it its just may me might ' +
    'more most much must my no of on one only or other our out over own same she should so some such than that ' +
    'the their them then there these they this those to too up us use used using very want was way we were what ' +
    'when where which while who why will with would you your sqlite'
  ).split(' '),
);

/** Splits a text into words; underscores separate, so `foreign_keys` is found by `foreign keys`. */
export function words(text: string): Word[] {
  const out: Word[] = [];
  for (const m of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    out.push({ term: m[0].toLowerCase(), start: m.index, end: m.index + m[0].length });
  }
  return out;
}

/** True for words that never become a term. */
export function isStopword(word: string): boolean {
  return STOPWORDS.has(word);
}

const cache = new Map<string, string>();

/** The index term of a lowercased word, or `''` for a stopword. */
export function termOf(word: string, analyzer: Analyzer): string {
  if (STOPWORDS.has(word)) return '';
  if (analyzer === 'plain') return word;
  let stem = cache.get(word);
  if (stem === undefined) {
    stem = porter(word);
    // Bounded: questions come from outside, and a service must not grow with its traffic.
    if (cache.size < 50_000) cache.set(word, stem);
  }
  return stem;
}

/** All terms of a text, in order, stopwords removed. */
export function terms(text: string, analyzer: Analyzer): string[] {
  const out: string[] = [];
  for (const w of words(text)) {
    const t = termOf(w.term, analyzer);
    if (t !== '') out.push(t);
  }
  return out;
}

const V = '[aeiouy]';
const C = '[^aeiou]';
// [C](VC){m}[V]: a `y` counts as a vowel except at the start or after a vowel (Porter 1980).
const M0 = new RegExp(`^(${C}[^aeiouy]*)?[aeiouy][aeiou]*${C}[^aeiouy]*`);
const M1 = new RegExp(`^(${C}[^aeiouy]*)?[aeiouy][aeiou]*${C}[^aeiouy]*([aeiouy][aeiou]*)?$`);
const M2 = new RegExp(`^(${C}[^aeiouy]*)?[aeiouy][aeiou]*${C}[^aeiouy]*[aeiouy][aeiou]*${C}[^aeiouy]*`);
const HAS_VOWEL = new RegExp(`^(${C}[^aeiouy]*)?${V}`);
const CVC = new RegExp(`^${C}[^aeiouy]*${V}[^aeiouwxy]$`);

const STEP2: ReadonlyArray<readonly [string, string]> = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['logi', 'log'],
];

const STEP3: ReadonlyArray<readonly [string, string]> = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];

const STEP4 = /^(.+?)(al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize)$/;

function replaceSuffix(w: string, table: ReadonlyArray<readonly [string, string]>): string {
  for (const [suffix, to] of table) {
    if (w.endsWith(suffix)) {
      const stem = w.slice(0, -suffix.length);
      return M0.test(stem) ? stem + to : w;
    }
  }
  return w;
}

/** The Porter stem of a lowercased English word. */
export function porter(word: string): string {
  let w = word;
  if (w.length < 3) return w;
  const first = w.startsWith('y');
  if (first) w = 'Y' + w.slice(1);

  if (/(ss|i)es$/.test(w)) w = w.slice(0, -2);
  else if (/[^s]s$/.test(w)) w = w.slice(0, -1);

  if (w.endsWith('eed')) {
    if (M0.test(w.slice(0, -3))) w = w.slice(0, -1);
  } else {
    const stem = w.endsWith('ed') ? w.slice(0, -2) : w.endsWith('ing') ? w.slice(0, -3) : '';
    if (stem !== '' && HAS_VOWEL.test(stem)) {
      w = stem;
      if (/(at|bl|iz)$/.test(w)) w += 'e';
      else if (/([^aeiouylsz])\1$/.test(w)) w = w.slice(0, -1);
      else if (CVC.test(w)) w += 'e';
    }
  }

  if (w.endsWith('y') && HAS_VOWEL.test(w.slice(0, -1))) w = w.slice(0, -1) + 'i';
  w = replaceSuffix(w, STEP2);
  w = replaceSuffix(w, STEP3);

  const four = STEP4.exec(w);
  if (four) {
    const stem = four[1] ?? '';
    if (M2.test(stem)) w = stem;
  } else if (/[st]ion$/.test(w)) {
    const stem = w.slice(0, -3);
    if (M2.test(stem)) w = stem;
  }

  if (w.endsWith('e')) {
    const stem = w.slice(0, -1);
    if (M2.test(stem) || (M1.test(stem) && !CVC.test(stem))) w = stem;
  }
  if (w.endsWith('ll') && M2.test(w)) w = w.slice(0, -1);
  return first ? 'y' + w.slice(1) : w;
}
