/** The mark and the tone of a verdict, the same in every screen. */
import type { Verdict } from '../../domain/gate.ts';
import type { Tone } from '../output.ts';

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
