/** The mark and the tone of a verdict, the same in every screen. */
import type { Verdict } from '../domain/gate.ts';

/** What a phrase means for a reader; a screen that has colors shows it by one. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'bold' | 'accent';

/** A phrase with its tone and mark. */
export type Said = readonly [tone: Tone, mark: string, what: string];

export const MARK: Readonly<Record<Verdict, string>> = {
  pass: '✔',
  fail: '✖',
  inconclusive: '?',
  error: '⚠',
  skipped: '–',
};

export const TONE: Readonly<Record<Verdict, Tone>> = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'warn',
  error: 'warn',
  skipped: 'dim',
};
