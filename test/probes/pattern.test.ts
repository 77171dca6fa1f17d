/** Patterns of users run in linear time wherever they stand, and say so when they cannot run. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { compileAnswerSchema } from '../../src/probes/answer-schema.ts';
import { compileJsonPath } from '../../src/probes/json-path.ts';
import { compilePattern, TextTooLongError } from '../../src/probes/pattern.ts';
import { refusalMatcher } from '../../src/probes/refusals.ts';
import { compileResponseMap } from '../../src/probes/response-map.ts';

/** Each takes a backtracking engine longer than anybody waits. */
const CATASTROPHES = [
  '(a+)+$',
  '(a|a)*$',
  '(?:a{0,1}){30}b',
  '(a*)*b',
  '(.*a){12}b',
  '([a-z]+)*[0-9]',
  '(a|aa)+$',
  '(x+x+)+y',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(?:(?:a?){20}){5}c',
  'a*a*a*a*a*a*a*b',
];
const HOSTILE = `${'a'.repeat(30_000)}!`;
const none = new Headers();

/** Every place where a pattern of the user's runs. */
const PLACES: Readonly<Record<string, (pattern: string) => (text: string) => unknown>> = {
  refusal: (pattern) => refusalMatcher(`/${pattern}/`),
  schema: (pattern) => compileAnswerSchema({ properties: { a: { type: 'string', pattern } } }),
  'schema key': (pattern) => compileAnswerSchema({ patternProperties: { [pattern]: { type: 'string' } } }),
  'JSONPath search()': (pattern) => searching('search', pattern),
  'JSONPath match()': (pattern) => searching('match', pattern),
};

function searching(name: string, pattern: string): (text: string) => unknown {
  const map = compileResponseMap({ ...CONTRACT_MAP, answer: `$.all[?${name}(@, '${pattern}')]` });
  return (text) => map({ all: [text] }, none).answer;
}

describe('a pattern of the user', () => {
  for (const [place, compile] of Object.entries(PLACES)) {
    it(`cannot run away as ${place}, whatever it is (D10)`, () => {
      const started = performance.now();
      for (const pattern of CATASTROPHES) {
        const ask = compile(pattern);
        ask(HOSTILE);
        if (place.startsWith('schema'))
          (ask as (answer: unknown) => unknown)({ a: HOSTILE, [HOSTILE]: HOSTILE });
      }
      // A backtracking engine needs minutes for the first of them.
      assert.ok(performance.now() - started < 10_000);
    });
  }

  it('is tested on a long text too, to its end (D10)', () => {
    const long = `${'x'.repeat(500_000)}needle`;
    assert.equal(compilePattern('^x+needle$', 'u', 't').test(long), true);
    assert.deepEqual(compileAnswerSchema({ properties: { a: { pattern: 'needle$' } } })({ a: long }), []);
    assert.equal(searching('search', 'needle')(long), long);
  });

  it('says of a text that would take too long that it is too long (D10)', () => {
    const heavy = '[ab]*a[ab]{900}';
    const long = 'ab'.repeat(100_000);
    assert.throws(() => compilePattern(heavy, 'u', 't').test(long), TextTooLongError);
    assert.deepEqual(compileAnswerSchema({ properties: { a: { pattern: heavy } } })({ a: long }), [
      'schema:pattern_text_too_long:',
    ]);
    assert.throws(() => searching('search', heavy)(long), TextTooLongError);
  });

  it('that RE2 cannot run is an error with a reason, everywhere (D10)', () => {
    for (const pattern of [
      '(',
      '(?=a)b',
      '(?<!a)b',
      '(a)\\1',
      '(?<n>a)\\k<n>',
      'a{2000}',
      'x'.repeat(1001),
    ]) {
      for (const [place, compile] of Object.entries(PLACES)) {
        const written = place.startsWith('JSONPath') ? pattern.replaceAll('\\', '\\\\') : pattern;
        assert.throws(() => compile(written), { name: 'UserError' }, `${place}: ${pattern}`);
      }
    }
    assert.throws(() => refusalMatcher('/x/g'), { name: 'UserError', message: /flag g/u });
  });

  it('means what it means in JavaScript', () => {
    const texts = fc.stringMatching(/^[abc01 -]{0,12}$/u);
    const patterns = [
      '^a',
      'b$',
      '^[a-c]+$',
      '\\d',
      '\\bab\\b',
      'a|b',
      '(?:ab){1,2}',
      'a.?c',
      '[^a]',
      '\\u0061',
      '\\-',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...patterns), fc.constantFrom('', 'i'), texts, (source, flags, text) => {
        const native = new RegExp(source.replace('\\-', '-'), flags);
        assert.equal(compilePattern(source, flags, 't').test(text), native.test(text), `${source} ${text}`);
      }),
    );
  });

  it('takes the flags i, m, s and u', () => {
    assert.equal(refusalMatcher('/^no idea/i')('No idea. But'), true);
    assert.equal(refusalMatcher('/^b$/m')('a\nb'), true);
    assert.equal(refusalMatcher('/a.b/s')('a\nb'), true);
  });
});

describe('a refusal', () => {
  it('is an exact text or a pattern', () => {
    assert.equal(refusalMatcher('No idea.')(' No idea. '), true);
    assert.equal(refusalMatcher('No idea.')('No idea. But'), false);
    assert.equal(refusalMatcher('')(''), false);
  });
});

describe('a JSONPath of the user', () => {
  it('looks at every value a bounded number of times (D10)', () => {
    for (const path of ['$..a..b', "$[?@..a]..['b']", '$.a[?count($..*) > 1]', '$.a[?@.b[?$.c]]']) {
      assert.throws(() => compileJsonPath(path, 't'), { name: 'UserError' }, path);
    }
    for (const path of ['$..a', "$['..']..b", '$.a[?@.b[?@.c]]', "$.a[?match(@.b, 'x..y')]"]) {
      assert.doesNotThrow(() => compileJsonPath(path, 't'), path);
    }
  });

  it('may take its pattern from the answer, which is not to be trusted (D10)', () => {
    const map = compileResponseMap({ ...CONTRACT_MAP, answer: '$.all[?search(@.text, @.pattern)].text' });
    const all = [...CATASTROPHES, '(', '(?=a)'].map((pattern) => ({ text: HOSTILE, pattern }));
    assert.equal(typeof map({ all }, none).answer, 'string');
    assert.equal(
      map(
        {
          all: [
            { text: 'x', pattern: '(' },
            { text: 1, pattern: 2 },
          ],
        },
        none,
      ).answer,
      null,
    );
  });
});
