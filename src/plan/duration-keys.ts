/** Keys of a plan that hold a duration: read out of the schema, so that a new field has to say it only once. */
import { DURATION_PATTERN } from '../domain/duration.ts';
import { planJsonSchema, type JsonSchema } from './json-schema.ts';

let keys: ReadonlySet<string> | null = null;

export function isDurationKey(key: string): boolean {
  keys ??= new Set(keysIn(planJsonSchema()));
  return keys.has(key);
}

function keysIn(schema: JsonSchema): string[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])];
  return [
    ...inner.flatMap(keysIn),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, field]) =>
      isDuration(field) ? [key, ...keysIn(field)] : keysIn(field),
    ),
  ];
}

function isDuration({ pattern, anyOf }: JsonSchema): boolean {
  return pattern === DURATION_PATTERN || anyOf?.some(isDuration) === true;
}
