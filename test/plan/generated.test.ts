/** What is generated from the schema is committed, current, and agrees with zod about every file of the corpus. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { SCHEMA_FILE, staleFiles } from '../../scripts/plan-schema.ts';
import { EDITOR_HINT, planFieldTables, planJsonSchema, type JsonSchema } from '../../src/plan/json-schema.ts';
import { WHY } from '../../src/ports/option.ts';
import { planFile } from '../../src/plan/schema.ts';
import { corpus, read } from './support.ts';

const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object;

void test('schema/cutover.schema.json and docs/plan.md are current', () => {
  const stale = staleFiles().map(({ file }) => file);
  assert.deepEqual(stale, [], 'run: node --import tsx scripts/plan-schema.ts');
});

void test('JSON Schema and zod say the same of every file of the corpus', () => {
  const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema);
  const seen = { accepted: 0, refused: 0 };
  for (const name of corpus()) {
    const value: unknown = parse(read(name));
    const isValid = planFile.safeParse(value).success;
    assert.equal(validate(value), isValid, `${name}: ${JSON.stringify(validate.errors)}`);
    seen[isValid ? 'accepted' : 'refused'] += 1;
    if (name.startsWith('ok-')) assert.ok(isValid, name);
    if (name.startsWith('bad-')) assert.ok(!isValid, name);
  }
  assert.ok(seen.accepted >= 10 && seen.refused >= 8, JSON.stringify(seen));
});

void test('JSON Schema and zod agree when one field of the full plan is broken', () => {
  const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(schema);
  const full = parse(read('ok-full.yaml')) as Record<string, unknown>;
  let checked = 0;
  for (const broken of mutations(full)) {
    assert.equal(validate(broken), planFile.safeParse(broken).success, JSON.stringify(broken));
    checked += 1;
  }
  assert.ok(checked > 800, String(checked));
});

void test('every default of the plan has a reason, and both are in the documentation', () => {
  const tables = planFieldTables();
  const { properties } = planJsonSchema() as JsonSchema;
  const providers = ['edge', 'color', 'queue', 'cache', 'telemetry', 'notify', 'evidence', 'customGates'];
  const own = Object.entries(properties ?? {}).filter(([name]) => !providers.includes(name));
  const fields = own.flatMap(([name, schema]) => [...withDefault(name, schema)]);
  assert.ok(fields.length > 60, String(fields.length));
  for (const [name, { description = '' }] of fields) {
    const why = description.split(WHY)[1] ?? '';
    assert.ok(why.length > 10 && why.endsWith('.') && !why.endsWith('..'), name);
    assert.ok(tables.includes(why.replaceAll('|', '\\|')), name);
  }
});

void test('the first line for editors is documented', () => {
  assert.ok(read('../../../docs/plan.md').includes(EDITOR_HINT));
});

/** Copies of a value with one part replaced by something else, or gone. */
function* mutations(value: unknown): Generator<unknown> {
  if (value !== null && typeof value === 'object') {
    for (const key of Object.keys(value)) {
      const copy = (): Record<string, unknown> => structuredClone(value) as Record<string, unknown>;
      for (const inner of mutations((value as Record<string, unknown>)[key])) {
        const changed = copy();
        changed[key] = inner;
        yield changed;
      }
      if (Array.isArray(value)) continue;
      const without = copy();
      Reflect.deleteProperty(without, key);
      yield without;
      yield { ...copy(), [`${key}x`]: 1 };
    }
  }
  yield* [null, -1, 1e9, 0.5, '', 'no such thing', true, [], {}];
}

/** Every field under a schema that has a default, but options of providers. */
function* withDefault(name: string, schema: JsonSchema): Generator<[string, JsonSchema]> {
  if (schema.default !== undefined) yield [name, schema];
  for (const form of schema.anyOf ?? [])
    if (form.properties?.['use'] === undefined) yield* withDefault(name, form);
  if (schema.items !== undefined) yield* withDefault(name, schema.items);
  for (const [key, field] of Object.entries(schema.properties ?? {}))
    yield* withDefault(`${name}.${key}`, field);
}
