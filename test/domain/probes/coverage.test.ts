/** Coverage: union of what was delivered over union of what was asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locate } from '../../../src/domain/probes/align.ts';
import { coverageOf, unionSpans } from '../../../src/domain/probes/coverage.ts';
import type { Snippet } from '../../../src/domain/probe.ts';
import { section, sectionMap, words } from './support.ts';

const ten = section('a', words(10));
const sections = sectionMap(
  ten,
  section('b', words(30, 'x')),
  section('c', 'A tab, a table; FOREIGN_KEYS on.'),
);
const upTo = (n: number): number => words(n).length;

function snippet(id: string, rest: Partial<Snippet>): Snippet {
  return { snippet_id: `${id}-${JSON.stringify(rest)}`, section_id: id, ...rest };
}

const chars = (start: number, end: number): Partial<Snippet> => ({ offsets: { start, end, unit: 'char' } });
const coverage = (snippets: readonly Snippet[], targets = [{ section_id: 'a' }]): number | null =>
  coverageOf(targets, snippets, sections).coverage;

test('overlapping snippets count a token once', () => {
  assert.equal(coverage([snippet('a', chars(0, upTo(6))), snippet('a', chars(0, upTo(5)))]), 0.6);
  assert.equal(coverage([snippet('a', chars(0, upTo(6))), snippet('a', chars(upTo(4), upTo(10)))]), 1);
});

test('spans are the denominator where the probe has some; their overlap counts once too', () => {
  const spans = [
    [0, upTo(4)],
    [upTo(2), upTo(5)],
  ] as const;
  const target = [{ section_id: 'a', spans: [...spans] }];
  assert.equal(coverage([snippet('a', chars(0, upTo(5)))], target as never), 1);
  assert.equal(coverageOf(target as never, [], sections).targetTokens, 5);
});

test('several sections are summed by tokens, or by weight', () => {
  const both = [{ section_id: 'a' }, { section_id: 'b' }];
  assert.equal(coverage([snippet('a', chars(0, ten.text.length))], both), 0.25);
  const weighted = [{ section_id: 'a', weight: 3 }, { section_id: 'b' }];
  assert.equal(coverage([snippet('a', chars(0, ten.text.length))], weighted), 0.5);
});

test('token offsets mean our tokens', () => {
  assert.equal(coverage([snippet('a', { offsets: { start: 0, end: 7, unit: 'token' } })]), 0.7);
  assert.deepEqual(
    coverageOf(
      [{ section_id: 'a' }],
      [snippet('a', { offsets: { start: 0, end: 11, unit: 'token' } })],
      sections,
    ).badOffsets.length,
    1,
  );
});

test('a snippet of another section adds nothing; no target is null', () => {
  assert.equal(coverage([snippet('b', chars(0, 20))]), 0);
  assert.equal(coverage([snippet('unknown', chars(0, 20))]), 0);
  assert.equal(coverage([], []), null);
  assert.throws(() => coverage([], [{ section_id: 'nowhere' }]), RangeError);
});

test('a token cut in the middle counts when at least half of it is there', () => {
  const target = [{ section_id: 'c' }];
  const at = sections.get('c')?.text.indexOf('FOREIGN_KEYS') ?? 0;
  const share = (end: number): number | null => coverage([snippet('c', chars(at, at + end))], target);
  assert.equal(share(3), 0);
  assert.equal(share(6), 1 / 6);
});

test('text without offsets is found by normalised substring', () => {
  assert.equal(coverage([snippet('a', { text: '  W2\n W3, w4' })]), 0.3);
  // `tab` must not be found in `table`.
  assert.deepEqual(locate('a table', 'tab'), []);
  assert.deepEqual(locate('İstanbul café', 'CAFÉ'), [{ start: 9, end: 13 }]);
});

test('edited text is found by five-word shingles, and only the matching words count', () => {
  const text = `${words(7)} something else`;
  const result = coverageOf([{ section_id: 'a' }], [snippet('a', { text })], sections);
  assert.equal(result.coverage, 0.7);
  assert.deepEqual(result.alignmentMisses, []);
});

test('text that cannot be located counts nothing and is reported', () => {
  const lost = snippet('a', { text: 'entirely different words about some other thing' });
  const result = coverageOf([{ section_id: 'a' }], [lost], sections);
  assert.equal(result.coverage, 0);
  assert.deepEqual(result.alignmentMisses, [lost.snippet_id]);
});

test('offsets outside of the section are reported, and the text is used instead', () => {
  for (const offsets of [chars(0, 999), chars(5, 5), chars(-1, 4), chars(0.5, 4)]) {
    const bad = snippet('a', { ...offsets, text: words(5) });
    const result = coverageOf([{ section_id: 'a' }], [bad], sections);
    assert.equal(result.coverage, 0.5);
    assert.deepEqual(result.badOffsets, [bad.snippet_id]);
  }
});

test('a union is sorted, merged and touches nothing it was given', () => {
  const given = [
    { start: 5, end: 9 },
    { start: 0, end: 2 },
    { start: 2, end: 6 },
  ];
  assert.deepEqual(unionSpans(given), [{ start: 0, end: 9 }]);
  assert.equal(given[0]?.start, 5);
});
