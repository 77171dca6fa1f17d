/**
 * The JSON Schema of `cutover.yaml`, for editors and CI, and the field table of docs/plan.md. Both come from the zod schema.
 *
 * Invariant: deterministic; `test/plan/generated.test.ts` fails when a committed file differs from what this says.
 */
import { z } from 'zod';
import { WHY } from '../ports/option.ts';
import { planFile } from './schema.ts';

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
}

/** First line of a plan that gives editors with a YAML language server completion and checks. @internal */
export const EDITOR_HINT =
  '# yaml-language-server: $schema=./node_modules/cutover/schema/cutover.schema.json';

/** JSON Schema, draft 2020-12, of the user's file. */
export function planJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(planFile, {
    io: 'input',
    // A block that is left out is what its fields say.
    override: ({ zodSchema, jsonSchema }) => {
      // zod leaves out the examples of whatever has a transform; ours are what a user writes.
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (examples !== undefined) jsonSchema.examples = [...(examples as unknown[])];
      if (JSON.stringify(jsonSchema.default) === '{}') delete jsonSchema.default;
    },
  });
  return {
    $schema,
    title: 'cutover plan',
    description: 'One switch of one service from one color to the other. Reference: docs/plan.md.',
    ...rest,
  };
}

/** The text of `schema/cutover.schema.json`. */
export function planJsonSchemaText(): string {
  return `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
}

/** The generated part of docs/plan.md: one table for the root and one for each block. */
export function planFieldTables(): string {
  const root: JsonSchema = planJsonSchema();
  const sections: string[] = [];
  const blocks: [string, JsonSchema][] = [];
  sections.push(`### Top level\n\n${table('', root, blocks)}`);
  for (let next = blocks.shift(); next !== undefined; next = blocks.shift()) {
    const [path, schema] = next;
    const inner: [string, JsonSchema][] = [];
    sections.push(`### \`${path}\`\n\n${table(path, schema, inner)}`);
    blocks.unshift(...inner);
  }
  return `${sections.join('\n\n')}\n`;
}

function table(path: string, schema: JsonSchema, blocks: [string, JsonSchema][]): string {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([key, field]) => {
    const [description = '', why = ''] = (field.description ?? '').split(WHY);
    const here = path === '' ? key : `${path}.${key}`;
    blocks.push(...blocksOf(here, field));
    const fallback = required.has(key) ? '**required**' : 'default' in field ? code(field.default) : '–';
    const sample = field.examples?.[0] === undefined ? '' : ` E.g. ${code(field.examples[0])}.`;
    return [code(key, true), typeOf(field), fallback, `${description}${sample}`, why].map(cell).join(' | ');
  });
  return [
    '| field | type | default | what it says | why this default |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

// Blocks that have fields of their own get a table of their own, through lists and alternatives.
function blocksOf(path: string, schema: JsonSchema): [string, JsonSchema][] {
  if (isDeadline(schema)) return [];
  if (schema.items !== undefined) return blocksOf(`${path}[]`, schema.items);
  if (schema.anyOf !== undefined) {
    const found = schema.anyOf.flatMap((one) => blocksOf(path, one));
    return found.filter(([name], index) => found.findIndex(([other]) => other === name) === index);
  }
  const keys = Object.keys(schema.properties ?? {});
  return keys.length === 0 || (keys.length === 1 && keys[0] === 'use') ? [] : [[path, schema]];
}

function isDeadline(schema: JsonSchema): boolean {
  return schema.anyOf?.some((one) => one.properties?.['after'] !== undefined) === true;
}

function typeOf(schema: JsonSchema): string {
  if (isDeadline(schema)) return 'deadline';
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map(typeOf))]
      .sort((a, b) => Number(a === 'mapping') - Number(b === 'mapping'))
      .join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => code(value, true)).join(', ');
  if (schema.items !== undefined) return `list (${typeOf(schema.items)})`;
  if (schema.properties?.['use'] !== undefined) return 'provider';
  if (schema.type === 'object') return 'mapping';
  if (schema.type === 'string') return schema.pattern === undefined ? 'text' : patternName(schema.pattern);
  if (schema.type === 'number' || schema.type === 'integer') return numberType(schema);
  return schema.type ?? 'anything';
}

function patternName(pattern: string): string {
  if (pattern.includes('ms)?')) return 'duration';
  if (pattern.includes('[Hh][Tt]')) return 'URL';
  return 'text';
}

function numberType({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const word = type === 'integer' ? 'whole number' : 'number';
  const low = minimum ?? exclusiveMinimum;
  const high = maximum ?? exclusiveMaximum;
  if (low === undefined || high === undefined) return word;
  const open = exclusiveMinimum === undefined ? 'from' : 'above';
  const close = exclusiveMaximum === undefined ? 'to' : 'to below';
  return `${word} ${open} ${low} ${close} ${high}`;
}

function code(value: unknown, bare = false): string {
  return `\`${bare || typeof value === 'string' ? String(value) : flow(value)}\``;
}

/** Flow-style YAML, as a person would write it on one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).map(([key, item]) => `${key}: ${flow(item)}`);
    return `{${fields.join(', ')}}`;
  }
  return typeof value === 'string' && /^[\w./*-]+$/.test(value) ? value : JSON.stringify(value);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
