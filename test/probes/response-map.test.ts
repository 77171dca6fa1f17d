/** From a service's answer to the contract, and the contract's violations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import type { ProbeResponseMap } from '../../src/domain/plan.ts';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { contractViolations } from '../../src/probes/contract-codes.ts';
import { compileResponseMap } from '../../src/probes/response-map.ts';
import type { MappedAnswer } from '../../src/probes/response-map.ts';
import { probeSet } from './support.ts';

const none = new Headers();
/** Citations item by item, so that they may also be bare ids or name a snippet. */
const ITEMS = { citations: '$.citations[*]' };
const map = (rest: Partial<ProbeResponseMap>, document: unknown, headers = none): MappedAnswer =>
  compileResponseMap({ ...CONTRACT_MAP, ...rest })(document, headers);

test('the ready map finds the sections that an answer cites, and tells an empty list from none', () => {
  const cited = (citations: unknown): MappedAnswer['citations'] =>
    map({}, { answer: 'A', citations }).citations;
  assert.deepEqual(cited([{ section_id: 'x' }, { section_id: 'y' }, { section_id: 'x' }]), ['x', 'y']);
  assert.equal(cited(undefined), null);
  assert.equal(cited(null), null);
  assert.deepEqual(cited([]), []);
  const nested = { citations: '$.parts[*].refs[*].id' };
  assert.deepEqual(map(nested, { parts: [{ refs: [] }] }).citations, []);
  assert.equal(map(nested, { parts: [{}] }).citations, null);
  assert.equal(map({}, { answer: ' not in context ' }).answerClass, 'refusal');
});

test('the contract maps as it is written', () => {
  const mapped = map(ITEMS, {
    answer: 'A',
    citations: [{ section_id: 'x' }, { section_id: 'x' }, { snippet_id: '2' }],
    retrieved: [
      {
        snippet_id: '1',
        section_id: 'x',
        offsets: { start: 0, end: '9', unit: 'char' },
        text: 't',
        score: 1.5,
        tokens: 3,
      },
      { snippet_id: '2', section_id: 'y', offsets: { start: 1, end: 2, unit: 'token' } },
    ],
    index: { INDEX_HASH: 'h', metric: 'bm25', analyzer: 'porter', embed_model: 'none', reranker: 'none' },
    cold_start: true,
  });
  assert.deepEqual(mapped.citations, ['x', 'y']);
  assert.deepEqual(mapped.retrieved, [
    {
      snippet_id: '1',
      section_id: 'x',
      offsets: { start: 0, end: 9, unit: 'char' },
      tokens: 3,
      text: 't',
      score: 1.5,
    },
    { snippet_id: '2', section_id: 'y', offsets: { start: 1, end: 2, unit: 'token' } },
  ]);
  assert.deepEqual(mapped.identity, {
    INDEX_HASH: 'h',
    metric: 'bm25',
    analyzer: 'porter',
    embedModel: 'none',
    reranker: 'none',
  });
  assert.equal(mapped.cold, true);
  assert.equal(mapped.answerClass, 'answer');
});

test('other shapes: nested lists, bare ids, headers, refusals', () => {
  const mapped = map(
    {
      answer: '$.choices[*].message.content',
      citations: '/sources',
      retrieved: '$.context.groups[*].chunks[*]',
      snippet: { id: '/id', section: '/meta/doc', text: '/content', start: '', end: '' },
      identity: { ...CONTRACT_MAP.identity, INDEX_HASH: 'header:X-Index-Hash' },
      cold: 'header:x-cold',
      refusal: "/^I (can't|cannot)\\b/i",
    },
    {
      choices: [{ message: { content: "i CAN'T say" } }],
      context: { groups: [{ chunks: [{ id: 7, meta: { doc: 'd1' }, content: 'c' }] }, { chunks: [] }] },
    },
    new Headers({ 'x-index-hash': 'hh', 'x-cold': '0' }),
  );
  assert.equal(mapped.answerClass, 'refusal');
  assert.deepEqual(mapped.retrieved, [{ snippet_id: '7', section_id: 'd1', text: 'c' }]);
  assert.equal(mapped.citations, null);
  assert.equal(mapped.identity.INDEX_HASH, 'hh');
  assert.equal(mapped.cold, false);
});

test('nothing an answer holds makes the mapper throw', () => {
  for (const document of [
    {},
    [],
    { answer: {}, citations: 'x', retrieved: { a: null }, index: [] },
    { retrieved: [null, 1, []] },
  ]) {
    const mapped = map({}, document);
    assert.equal(mapped.answerClass, 'empty');
  }
  let deep: unknown = 1;
  for (let i = 0; i < 5_000; i += 1) deep = [deep];
  assert.deepEqual(map({ retrieved: '$..section_id' }, { retrieved: deep }).retrieved, []);
  const many = map({}, { retrieved: Array.from({ length: 1_000 }, () => ({ section_id: 'x' })) });
  assert.equal(many.retrieved.length, 200);
});

test('an unusable path or pattern names its field', () => {
  assert.throws(() => map({ retrieved: '$.a[?(' }, {}), /probes\.response\.retrieved/u);
  assert.throws(() => map({ snippet: { ...CONTRACT_MAP.snippet, id: 'nope' } }, {}), UserError);
  assert.throws(() => map({ refusal: '/(a+$/' }, {}), /probes\.response\.refusal/u);
});

const set = probeSet(['p', 'q']);
const violations = (document: unknown, misses: readonly string[] = []): string[] =>
  contractViolations(map(ITEMS, document), set, { alignmentMisses: misses });
const good = { snippet_id: '1', section_id: 'section-p', offsets: { start: 0, end: 5, unit: 'char' } };

test('contract violations, by kind', () => {
  const answer = 'A';
  assert.deepEqual(violations({ answer, citations: [{ section_id: 'section-p' }], retrieved: [good] }), []);
  assert.deepEqual(violations({ answer, retrieved: [good] }), []);
  assert.deepEqual(violations({ answer, citations: [], retrieved: [good] }), ['empty_citations']);
  assert.deepEqual(violations({ answer: '', citations: [] }), []);
  const outside = { ...good, snippet_id: '2', offsets: { start: 0, end: 9_999, unit: 'char' } };
  assert.deepEqual(violations({ answer, retrieved: [good, outside] }), ['bad_offsets']);
  const tokens = { ...good, snippet_id: '2', offsets: { start: 0, end: 2, unit: 'token' } };
  assert.deepEqual(violations({ answer, retrieved: [good, tokens] }), ['bad_offsets']);
  assert.deepEqual(
    violations({
      answer,
      retrieved: [
        { ...good, score: 1 },
        { ...good, snippet_id: '2' },
      ],
    }),
    ['missing_score'],
  );
  const reused = { ...good, section_id: 'section-q' };
  assert.deepEqual(violations({ answer, retrieved: [good, reused] }), ['cross_section_reuse']);
  assert.deepEqual(violations({ answer, citations: ['section-q'], retrieved: [good] }), [
    'cross_section_reuse',
  ]);
  const index = { INDEX_HASH: 'h', analyzer: 'a' };
  const other = { ...good, index_hash: 'x', analyzer: 'y' };
  assert.deepEqual(violations({ answer, retrieved: [other], index }), [
    'mismatch_index_hash',
    'analyzer_mismatch',
  ]);
  assert.deepEqual(violations({ answer }, ['1']), ['alignment_miss']);
});
