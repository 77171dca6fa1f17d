/** The user's schema: what it says of an answer, and what it may not be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAnswerSchema } from '../../src/probes/answer-schema.ts';
import { refusalMatcher, safePattern } from '../../src/probes/regex-guard.ts';

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
  ['a pattern that explodes', { type: 'string', pattern: '^(a+)+$' }, /repeated group/u],
  ['such a pattern as a key', { patternProperties: { '(x*)*': true } }, /repeated group/u],
  ['no object', [], /is an object/u],
  ['a missing definition', { $ref: '#/$defs/none' }, /resolve/u],
] as const) {
  test(`refused: ${name}`, () => {
    assert.throws(() => compileAnswerSchema(schema), { name: 'UserError', message });
  });
}

test('patterns: what is refused and what is not', () => {
  const refused = [
    '(a+)+',
    '(a*)*b',
    '(a|a)*',
    '(.*a){12}',
    '((a+)b)+',
    '([a-z]+\\.)+x',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    'a*b*c*d*e*',
    'x'.repeat(301),
    '(',
  ];
  for (const pattern of refused)
    assert.throws(() => safePattern(pattern, 'u', 't'), { name: 'UserError' }, pattern);
  const allowed = [
    '^[a-z0-9-]+$',
    '^\\d{4}-\\d{2}$',
    '(ab)+',
    '(a|b)?c',
    '[(+)]+',
    '\\(a+\\)+',
    '(?:ab){2,3}',
    '^(?=a)a+?$',
  ];
  for (const pattern of allowed) assert.doesNotThrow(() => safePattern(pattern, 'u', 't'), pattern);
});

test('what remains of backtracking is bounded by the length of the text', () => {
  const pattern = safePattern('^.*a.*b.*c.*$', 'u', 't');
  const started = performance.now();
  assert.equal(pattern.test('ab'.repeat(Math.floor(pattern.maxText / 2))), false);
  assert.equal(pattern.test('x'.repeat(4_000_000)), false);
  assert.ok(performance.now() - started < 2_000);
});

test('a refusal is an exact text or a pattern', () => {
  assert.equal(refusalMatcher('No idea.')(' No idea. '), true);
  assert.equal(refusalMatcher('No idea.')('No idea. But'), false);
  assert.equal(refusalMatcher('/^no idea/i')('No idea. But'), true);
  assert.equal(refusalMatcher('')(''), false);
});
