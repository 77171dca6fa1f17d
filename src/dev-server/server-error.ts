/**
 * The one error of the dev server: what failed, everything that was tried, what to do.
 * Invariant: its message alone is enough to act; no second log has to be read first.
 */
import { UserError } from '../domain/errors.ts';

export class TemporalServerError extends UserError {
  /** What was tried and how each attempt ended, in order. */
  readonly tried: readonly string[];

  constructor(headline: string, tried: readonly string[], todo: string, cause?: unknown) {
    const list = tried.map((line) => `\n  - ${line}`).join('');
    super(`${headline}.${list === '' ? '' : ` Tried:${list}`}\n${todo}`, { cause });
    this.tried = tried;
  }
}
