/**
 * The sentences of a text that hold an answer: the span that an import proposes as target, since a whole section is seldom delivered.
 *
 * Invariant: only ever a range of the text itself that holds the answer's own words; else null.
 */

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** @param start where the answer is said to begin, in UTF-16 units or in characters (Python counts these) */
export function sentenceOf(
  text: string,
  answer: string,
  start?: unknown,
): [start: number, end: number] | null {
  const at = placeOf(text, answer, start);
  if (at < 0 || answer === '') return null;
  const first = boundsOf(text, at);
  const last = boundsOf(text, at + answer.length - 1);
  return [first[0], last[1]];
}

function placeOf(text: string, answer: string, start: unknown): number {
  if (typeof start === 'number' && Number.isInteger(start) && start >= 0) {
    if (text.startsWith(answer, start)) return start;
    const units = Array.from(text.slice(0, 2 * start))
      .slice(0, start)
      .join('').length;
    if (text.startsWith(answer, units)) return units;
  }
  return text.indexOf(answer);
}

/** The sentence at a place, without the white space around it. */
function boundsOf(text: string, at: number): [number, number] {
  const found = sentences.segment(text).containing(at);
  if (found === undefined) return [0, text.length];
  const { segment, index } = found;
  return [index + (segment.length - segment.trimStart().length), index + segment.trimEnd().length];
}
