/**
 * Text as readers of any language compare it: letters of any case and width are the same, and so are the ways in which one is written.
 *
 * Invariant: no language is asked or guessed, so that two texts that are equal for one are equal for all.
 */

/** Written or left out at will: vowel points of Arabic and Hebrew, the Arabic stretch, soft hyphens, joiners and other signs of no width. */
const OPTIONAL = /\p{Cf}|\u0640|(?=[\p{scx=Arabic}\p{scx=Hebrew}])\p{Mn}/gu;
/** Digits of Arabic (two ways), Devanagari, Bengali and Thai. */
const DIGITS = /[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F\u09E6-\u09EF\u0E50-\u0E59]/gu;
const ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];

/** Capital first: `ß` is `SS` then, and the Turkish `ı` is `I`. */
export function foldText(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('i\u0307', 'i')
    .replaceAll('ς', 'σ')
    .replaceAll(OPTIONAL, '')
    .replaceAll(DIGITS, digitOf);
}

/** The words of a text and nothing else, one space between them. */
export function foldWords(text: string): string {
  return foldText(text)
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

function digitOf(digit: string): string {
  const code = digit.charCodeAt(0);
  const zero = ZEROS.find((one) => code >= one && code < one + 10) ?? code;
  return String(code - zero);
}
