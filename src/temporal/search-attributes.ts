/**
 * What a namespace has of the search attributes of a switch. They only help people who search. A switch that sets one which is missing or has another type can do nothing any more, a rollback neither, so
 * whoever sets them asks first.
 */
import type { ConnectionLike } from '@temporalio/client';
import { CUTOVER_SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import { inTime } from '../in-time.ts';

/** Type names as the `temporal` CLI spells them, with their number in the API's IndexedValueType. */
export const TYPE_NUMBERS = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;

export type SearchAttributeType = keyof typeof TYPE_NUMBERS;

/** Attribute name to type. */
export type SearchAttributeTypes = Readonly<Record<string, SearchAttributeType>>;

/** What a namespace has of them; `unknown` when it may not be asked or does not answer. */
export type AttributesFound =
  | { readonly state: 'ok' }
  | {
      readonly state: 'wrong';
      readonly missing: readonly string[];
      /** `is` is the type that the namespace has, e.g. `Int`. */
      readonly mistyped: readonly { readonly name: string; readonly is: string; readonly wanted: string }[];
    }
  | { readonly state: 'unknown'; readonly why: string };

const ANSWER_MS = 2000;

type Asked = Pick<ConnectionLike, 'operatorService' | 'withDeadline'>;

/** Asks anew each time, for at most `withinMs` (default 2 s). Never throws. */
export async function findAttributes(
  connection: Asked,
  namespace: string,
  withinMs = ANSWER_MS,
): Promise<AttributesFound> {
  const asking = (async () =>
    connection.withDeadline(Date.now() + withinMs, () =>
      connection.operatorService.listSearchAttributes({ namespace }),
    ))();
  // A deadline is the connection's to keep; one that does not keep it must not hold up a switch.
  const listed = await inTime(asking, withinMs);
  if (listed.kind === 'done') return judge(listed.value.customAttributes ?? {});
  if (listed.kind === 'late') return { state: 'unknown', why: `no answer in ${withinMs} ms` };
  const message = listed.cause instanceof Error ? listed.cause.message : String(listed.cause);
  return { state: 'unknown', why: message.split('\n')[0] ?? '' };
}

function judge(known: Readonly<Record<string, unknown>>): AttributesFound {
  const wanted = Object.entries(CUTOVER_SEARCH_ATTRIBUTES);
  const missing = wanted.map(([name]) => name).filter((name) => !Object.hasOwn(known, name));
  const mistyped = wanted
    .filter(([name, type]) => Object.hasOwn(known, name) && known[name] !== TYPE_NUMBERS[type])
    .map(([name, type]) => ({ name, is: typeName(known[name]), wanted: type }));
  return missing.length + mistyped.length === 0 ? { state: 'ok' } : { state: 'wrong', missing, mistyped };
}

function typeName(number: unknown): string {
  const known = Object.entries(TYPE_NUMBERS).find(([, one]) => one === number);
  return known?.[0] ?? `type ${String(number)}`;
}
