/**
 * A dialect of the user’s own, from a plan or from the router’s variable `STREAM_DIALECTS`: the same few words in both.
 *
 * A mark says which events are meant: `event:<name>` by their name, `/a/b` those that have something at this JSON Pointer (not null,
 * false, 0 or empty), `/a/b=word` those that have this word there, and anything else is the whole data.
 */
import { canonicalJson } from '../canonical-json.ts';
import { at, citationsIn, textAt, type Dialect, type StreamEvent } from './dialect.ts';
import { isFilled } from './error.ts';

export interface OwnDialect {
  readonly name: string;
  /** Marks of events that are of this dialect. */
  readonly when: readonly string[];
  /** JSON Pointers of the text, the first that is there counts. */
  readonly text?: readonly string[] | undefined;
  /** JSON Pointers of a source or of a list of them. */
  readonly citations?: readonly string[] | undefined;
  /** Fields that may name a source. @default section_id, id */
  readonly citationId?: readonly string[] | undefined;
  /** Fields that may hold the text of a source. @default text */
  readonly citationText?: readonly string[] | undefined;
  /** Marks of the last event. With one, a stream that ends without it was cut off. */
  readonly end?: readonly string[] | undefined;
  /** Marks of events that are errors, beside those that every dialect has. */
  readonly error?: readonly string[] | undefined;
}

export const OWN_LISTS = ['when', 'text', 'citations', 'citationId', 'citationText', 'end', 'error'] as const;

/** The same text for the same dialects, however they were written: by it a plan is compared with a router. */
export function sameDialects(own: readonly OwnDialect[]): string {
  return canonicalJson(own);
}

export function ownDialect(own: OwnDialect): Dialect {
  const [when, end, error] = [own.when, own.end ?? [], own.error ?? []].map((marks) => marks.map(markOf));
  const texts = (own.text ?? []).map(stepsOf);
  const sources = (own.citations ?? []).map(stepsOf);
  const any = (marks: readonly Mark[] | undefined, event: StreamEvent): boolean =>
    marks?.some((mark) => mark(event)) === true;
  return {
    name: own.name,
    marksEnd: (own.end ?? []).length > 0,
    knows: (event) => any(when, event) || any(end, event) || any(error, event),
    text: ({ json }) => texts.map((steps) => textAt(json, ...steps)).find((text) => text !== '') ?? '',
    citations: ({ json }) =>
      sources.flatMap((steps) => {
        const found = at(json, ...steps);
        return citationsIn(
          Array.isArray(found) ? found : [found],
          own.citationId ?? ['section_id', 'id'],
          own.citationText ?? ['text'],
        );
      }),
    end: (event) => (any(end, event) ? 'last' : null),
    error: (event) => (any(error, event) ? (event.isObject ? event.json : 'error') : null),
  };
}

type Mark = (event: StreamEvent) => boolean;

function markOf(mark: string): Mark {
  if (mark.startsWith('event:')) {
    const wanted = mark.slice('event:'.length).trim();
    return ({ name }) => name === wanted;
  }
  if (!mark.startsWith('/')) return ({ data }) => data.trim() === mark;
  const equals = mark.indexOf('=');
  const steps = stepsOf(equals === -1 ? mark : mark.slice(0, equals));
  if (equals === -1) return ({ json }) => isFilled(at(json, ...steps));
  const word = mark.slice(equals + 1);
  return ({ json }) => String(at(json, ...steps)) === word;
}

/** The steps of a JSON Pointer; digits are positions. */
function stepsOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
}
