/** One thing that was looked at, for a terminal: what came of it, and what to do. */
import type { Output } from '../output.ts';
import { oneLine, pad, wrap } from './text.ts';

interface Shown {
  readonly name: string;
  readonly state: keyof typeof MARKS;
  readonly detail: string;
  readonly todo: string | null;
}

const MARKS = {
  ok: ['good', '✔'],
  wrong: ['bad', '✖'],
  unknown: ['dim', '–'],
  left: ['dim', '–'],
  undecided: ['warn', '?'],
} as const;

/** As wide as the longest variable that a provider reads. */
const NAME_WIDTH = 22;

export function checkLines(
  { name, state, detail, todo }: Shown,
  { paint, width }: Pick<Output, 'paint' | 'width'>,
): string[] {
  const [tone, sign] = MARKS[state];
  const mark = paint(tone, sign);
  const indent = ' '.repeat(NAME_WIDTH + 3);
  const lines = wrap(oneLine(detail), width - NAME_WIDTH - 4).map((line) => indent + line);
  const first =
    name.length > NAME_WIDTH
      ? `${mark} ${name}`
      : `${mark} ${pad(name, NAME_WIDTH)} ${lines.shift()?.trimStart() ?? ''}`;
  const advice = todo === null ? [] : wrap(oneLine(todo), width - NAME_WIDTH - 4);
  return [first, ...lines, ...advice.map((line) => `${indent}${paint('warn', line)}`)];
}
