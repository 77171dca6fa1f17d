/** The user's schema: what it says of an answer, and what it may not be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAnswerSchema } from '../../src/probes/answer-schema.ts';

test('violations are codes without list positions', () => {
  const check = compileAnswerSchema({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['answer'],
    properties: {
      answer: { type: 'string', minLength: 1 },
      citations: { type: 'array', items: { $ref: '#/$defs/citation' } },
    },
    $defs: {
      citation: {
        type: 'object',
        required: ['section_id'],
        properties: { url: { type: 'string', format: 'uri' } },
      },
    },
  });
  assert.deepEqual(check({ answer: 'x', citations: [{ section_id: 1 }] }), []);
  assert.deepEqual(check({}), ['schema:required:/answer']);
  assert.deepEqual(check({ answer: '' }), ['schema:minLength:/answer']);
  assert.deepEqual(check({ answer: 'x', citations: [{ section_id: 1 }, {}] }), [
    'schema:required:/citations/*/section_id',
  ]);
  assert.deepEqual(check({ answer: 'x', citations: [{ section_id: 1, url: 'not a uri' }] }), [
    'schema:format:/citations/*/url',
  ]);
  assert.deepEqual(compileAnswerSchema(null)({ anything: 1 }), []);
});

test('every pattern of a schema is its own (D10)', () => {
  const check = compileAnswerSchema({
    properties: { a: { type: 'string', pattern: '^a+$' }, b: { type: 'string', pattern: '^b+$' } },
    patternProperties: { '^c': { type: 'number' }, '^d': { type: 'boolean' } },
  });
  assert.deepEqual(check({ a: 'aa', b: 'bb', c1: 1, d1: true }), []);
  assert.deepEqual(check({ a: 'bb' }), ['schema:pattern:/a']);
  assert.deepEqual(check({ b: 'aa' }), ['schema:pattern:/b']);
  assert.deepEqual(check({ c1: true }), ['schema:type:/c1']);
  assert.deepEqual(check({ d1: 1 }), ['schema:type:/d1']);
});

test('a deep answer is a violation, not a stack overflow', () => {
  const check = compileAnswerSchema({
    $ref: '#/$defs/tree',
    $defs: { tree: { type: 'object', properties: { c: { $ref: '#/$defs/tree' } } } },
  });
  let deep: object = {};
  for (let i = 0; i < 50_000; i += 1) deep = { c: deep };
  assert.deepEqual(check(deep), ['schema:depth:']);
  assert.deepEqual(check({ c: { c: {} } }), []);
});

let nested: object = {};
for (let i = 0; i < 40; i += 1) nested = { properties: { a: nested } };

for (const [name, schema, message] of [
  ['a remote reference', { properties: { a: { $ref: 'https://example.com/x.json' } } }, /points outside/u],
  ['a reference to a file', { $dynamicRef: 'other.json#/a' }, /points outside/u],
  ['an unknown keyword', { requird: ['a'] }, /unknown keyword/u],
  ['an unknown format', { type: 'string', format: 'postcode' }, /unknown format/u],
  ['too deep a nesting', nested, /nested deeper/u],
  ['too big a schema', { enum: ['x'.repeat(70_000)] }, /larger than/u],
  ['a pattern with a back reference', { type: 'string', pattern: '^(a+)\\1$' }, /invalid escape/u],
  ['a pattern that looks ahead, as a key', { patternProperties: { '(?=x)': true } }, /unsupported/u],
  ['no object', [], /is an object/u],
  ['a missing definition', { $ref: '#/$defs/none' }, /resolve/u],
] as const) {
  test(`refused: ${name}`, () => {
    assert.throws(() => compileAnswerSchema(schema), { name: 'UserError', message });
  });
}
