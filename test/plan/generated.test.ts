/** What is generated from the schema is committed, current, and agrees with zod about every file of the corpus. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { SCHEMA_FILE, staleFiles } from '../../scripts/plan-schema.ts';
import { DEFAULTS } from '../../src/plan/defaults.ts';
import { EDITOR_HINT, planFieldTables } from '../../src/plan/json-schema.ts';
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

void test('every default is in the documentation', () => {
  const tables = planFieldTables();
  for (const [name, { why }] of Object.entries(DEFAULTS))
    assert.ok(tables.includes(why.replaceAll('|', '\\|')), name);
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
