/**
 * Whose fault an error is, by its class `stage:kind[:code]`.
 * Invariant: a name stands for the class of that name and for every class below it (`client` for `client:closed`), in every engine.
 */

/** Classes of what the client asked or did: one client can make as many as it likes. */
const CLIENT = ['client', 'headers:http_4xx'] as const;

/** What a plan says beside the built-in rule. A number is an HTTP status, a text an error class; `not` wins. */
export interface ServerErrors {
  readonly also: readonly (number | string)[];
  readonly not: readonly (number | string)[];
}

/** The built-in rule alone. */
export const BUILT_IN_RULE: ServerErrors = { also: [], not: [] };

/** Class of an HTTP status that is no answer, e.g. `headers:http_5xx:503`. */
export function statusClass(status: number): string {
  return `headers:http_${Math.floor(status / 100)}xx:${status}`;
}

/**
 * Class of the status that a user was answered with, in the router and in every reader of its lines; null when it is an answer: below 400,
 * or of a write that the lease or the read-only color refused as it should.
 */
export function userStatusClass(status: number, write: string | null): string | null {
  return status < 400 || write === 'frozen' || write === 'late' ? null : statusClass(status);
}

/** True when the server's side failed: 5xx, connect, TLS, a timeout, a body that was cut off, and what the plan adds. */
export function isServerError(errorClass: string, rule: ServerErrors): boolean {
  const names = serverErrorNames(rule);
  const isOf = (list: readonly string[]): boolean => list.some((name) => isBelow(errorClass, name));
  return !isOf(names.never) && (isOf(names.always) || !isOf(names.client));
}

/** The rule as three lists of names, for an engine of its own: not of `never`, and of `always` or not of `client`. */
export function serverErrorNames({ also, not }: ServerErrors): {
  readonly never: readonly string[];
  readonly always: readonly string[];
  readonly client: readonly string[];
} {
  const nameOf = (one: number | string): string => (typeof one === 'number' ? statusClass(one) : one);
  return { never: not.map(nameOf), always: also.map(nameOf), client: CLIENT };
}

function isBelow(errorClass: string, name: string): boolean {
  return errorClass === name || errorClass.startsWith(`${name}:`);
}
