/**
 * Values that YAML can say and nothing behind the plan can use: they are refused at their place, whatever field they stand in.
 *
 * Invariant: looks at the file as it was written, so fields that only a provider knows are covered too.
 */
import type { Finding, Path } from './errors.ts';

/** Set by the router or by fetch itself; one of these from a plan would be dropped, or would forge a pin. */
const RESERVED_HEADER =
  /^(x-cutover-.*|x-color|x-cfg-gen|x-release|x-warm|host|connection|content-length|transfer-encoding|keep-alive|upgrade|expect|te|trailer)$/i;
/** A NUL ends a path; the others break a line of a header or a log. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const HTTP = /^https?:\/\//i;

/** @param value the user's file, any shape */
export function findUnusable(value: unknown): readonly Finding[] {
  return [...walk(value, [])];
}

function* walk(value: unknown, path: Path): Generator<Finding> {
  if (typeof value === 'string') {
    const finding = problemOf(value, path);
    if (finding !== null) yield { path, ...finding };
  } else if (typeof value === 'number' && !Number.isFinite(value)) {
    yield { path, message: 'must be a finite number', fix: 'write a number' };
  } else if (value !== null && typeof value === 'object') {
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries(value)) {
      const at = [...path, isList ? Number(key) : key];
      if (path.at(-1) === 'headers' && RESERVED_HEADER.test(key)) {
        const message = 'is a header that only the router or the HTTP client may set';
        yield { path: at, message, fix: 'remove it', atKey: true };
      }
      yield* walk(item, at);
    }
  }
}

function problemOf(value: string, path: Path): Pick<Finding, 'message' | 'fix'> | null {
  if (CONTROL.test(value)) return { message: 'holds a control character', fix: 'remove it' };
  if (path.includes('headers') && /[\r\n]/.test(value)) {
    return { message: 'must be one line', fix: 'remove the line break' };
  }
  if (HTTP.test(value) && !/\{\{|\$\{/.test(value) && !/\s/.test(value) && !URL.canParse(value)) {
    return { message: 'must be an absolute http or https URL', fix: 'write it as a browser would show it' };
  }
  return null;
}
