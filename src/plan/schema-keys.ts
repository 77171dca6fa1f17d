/**
 * Looks into a zod schema: which keys it knows at a path. Only for advice in error messages.
 *
 * Invariant: knows only unions, optionals, defaults, transforms, objects, records and lists; anything else has no keys.
 */
import type { z } from 'zod';
import type { Path } from './errors.ts';

/**
 * The keys that the schema knows at a path, looked up through unions, optionals and lists. Where the value that stands there names
 * its kind (`use: sqs`), only the keys of that kind.
 */
export function keysAt(root: z.core.$ZodType, path: Path, value: unknown): readonly string[] {
  let options: readonly z.core.$ZodType[] = [root];
  let here = value;
  for (const part of path) {
    options = options.flatMap(unwrap).flatMap((schema) => childOf(schema, part));
    here = isObject(here) ? here[part] : undefined;
  }
  const found = options.flatMap(unwrap).filter((schema) => !isOfAnotherName(schema, here));
  return [...new Set(found.flatMap((schema) => namesOf(schema)))];
}

function isOfAnotherName(schema: z.core.$ZodType, value: unknown): boolean {
  if (!isObject(value)) return false;
  return ['use', 'kind'].some((key) => {
    const literal = inside(schema).shape?.[key];
    const values = literal === undefined ? undefined : inside(literal).values;
    return values !== undefined && !values.includes(value[key]);
  });
}

function isObject(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}

function namesOf(schema: z.core.$ZodType): readonly string[] {
  const { shape, keyType } = inside(schema);
  if (shape !== undefined) return Object.keys(shape);
  return keyType === undefined ? [] : Object.keys(inside(keyType).entries ?? {});
}

interface Inside {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  /** What a transform reads. */
  readonly in?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly keyType?: z.core.$ZodType;
  readonly entries?: object;
  readonly values?: readonly unknown[];
  readonly valueType?: z.core.$ZodType;
}

function inside(schema: z.core.$ZodType): Inside {
  return schema._zod.def;
}

function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { innerType, in: read, options } = inside(schema);
  const within = innerType ?? read;
  if (within !== undefined) return unwrap(within);
  return options === undefined ? [schema] : options.flatMap(unwrap);
}

function childOf(schema: z.core.$ZodType, part: string | number): readonly z.core.$ZodType[] {
  const { shape, element, valueType } = inside(schema);
  const child = typeof part === 'number' ? element : (shape?.[part] ?? valueType);
  return child === undefined ? [] : [child];
}
