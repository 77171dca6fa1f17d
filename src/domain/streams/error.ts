/**
 * Errors inside of an answer whose status is 200: what every dialect means by one, and the name it gets.
 *
 * Invariant: a name is a word of the vendor's or nothing; a message never enters an error class.
 */
import { isRecord } from '../is-record.ts';
import { at, textAt, type Json, type StreamEvent } from './dialect.ts';

/** Class of an answer stream that carried an error event. */
const IN_STREAM = 'body:error_event';
/** Class of a JSON answer that is an error. */
const IN_DOCUMENT = 'body:error_document';
const WORD = /^[a-z][\w.-]{0,63}$/i;
/** A bare text is a word only without digits: it may be an id. */
const BARE_WORD = /^[a-z][a-z_-]{0,63}$/i;

/**
 * What an event says went wrong in the ways that all dialects share: an event or type `error`, or a filled field `error`. Null when nothing
 * did; a tool that failed is the model's to deal with.
 */
export function commonError({ name, json }: StreamEvent): unknown {
  const type = textAt(json, 'type');
  if (isFilled(json['error'])) return type.includes('tool') || name.includes('tool') ? null : json['error'];
  return name === 'error' || type === 'error' ? json : null;
}

/** `body:error_event`, with the vendor's word for it where there is one. */
export function streamErrorClass(error: unknown): string {
  return withCode(IN_STREAM, error);
}

/**
 * The class of a JSON answer that says it is an error (a filled `error` at its top); null when it is an answer.
 */
export function documentErrorClass(document: unknown): string | null {
  const error = at(document, 'error');
  return isFilled(error) ? withCode(IN_DOCUMENT, error) : null;
}

function withCode(kind: string, error: unknown): string {
  const code = errorCode(error);
  return code === null ? kind : `${kind}:${code}`;
}

/** The vendor's word for an error: from `code`, `type`, `status` and `status_code`, words before numbers. */
function errorCode(error: unknown): string | null {
  if (typeof error === 'string') return BARE_WORD.test(error) ? error.toLowerCase() : null;
  if (!isRecord(error)) return null;
  const said = ['code', 'type', 'status', 'status_code', 'reason'].map((key) => (error as Json)[key]);
  const word = said.find((one) => typeof one === 'string' && WORD.test(one) && one !== 'error');
  if (typeof word === 'string') return word.toLowerCase();
  const number = said.find((one) => Number.isInteger(Number(one)) && Number(one) >= 100 && Number(one) < 600);
  return number === undefined ? null : String(Number(number));
}

/** True for what is not null, false, 0 or empty. */
export function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isRecord(value) ? Object.keys(value).length > 0 : Boolean(value);
}
