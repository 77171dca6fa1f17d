/**
 * Places of a plan that hold a duration: read out of the schema, so that a new field has to say it only once. A place is a key in the
 * block that it stands in: `fence` is a time in `cutover` and a provider at the top.
 */
import { DURATION_PATTERN } from '../domain/duration.ts';
import type { Path } from './errors.ts';
import { planJsonSchema, type JsonSchema } from './json-schema.ts';

let places: ReadonlySet<string> | null = null;

/** @param path of a value in a plan */
export function isDuration(path: Path): boolean {
  places ??= new Set(placesIn(planJsonSchema(), ''));
  const [key, block = ''] = path.filter((part) => typeof part === 'string').toReversed();
  return key !== undefined && places.has(placeOf(block, key));
}

function placeOf(block: string, key: string): string {
  return `${block}.${key}`;
}

function placesIn(schema: JsonSchema, block: string): string[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])];
  return [
    ...inner.flatMap((one) => placesIn(one, block)),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, field]) => [
      ...(holdsDuration(field) ? [placeOf(block, key)] : []),
      ...placesIn(field, key),
    ]),
  ];
}

function holdsDuration({ pattern, anyOf }: JsonSchema): boolean {
  return pattern === DURATION_PATTERN || anyOf?.some(holdsDuration) === true;
}
