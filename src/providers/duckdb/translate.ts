/** Lines of a log into request lines, and what came of them. */
import type { Translated } from './readers/index.ts';
import type { Left } from './readers/reader.ts';

/** The longest line that is believed. */
export const LONGEST_BYTES = 16 * 1024 * 1024;

export type ReadLine = (line: string) => Translated;

/** What came of some lines of a log: lines for the engine, and what was left. */
export interface Took {
  readonly lines: number;
  readonly left: readonly Left[];
}

export const TOO_LONG: Left = { left: 'a line longer than 16 MB', isForeign: false };

export function asItIs(line: string): Translated {
  return { lines: [line], left: [] };
}

export function translated(text: string, read: ReadLine): { readonly text: string; readonly took: Took } {
  const out: string[] = [];
  const left: Left[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.trim() === '') continue;
    const one = read(line);
    for (const native of one.lines) out.push(native);
    for (const why of one.left) left.push(why);
  }
  return { text: out.length === 0 ? '' : `${out.join('\n')}\n`, took: { lines: out.length, left } };
}

/** What is new in a log of which the first lines were counted before. @param before how many were taken and left */
export function beyond(all: Took, before: { readonly lines: number; readonly left: number }): Took {
  return { lines: all.lines - before.lines, left: all.left.slice(before.left) };
}
