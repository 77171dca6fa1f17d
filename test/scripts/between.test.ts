/** What is generated goes between its marks, and the rest of the page stays to the letter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between } from '../../scripts/between.ts';

void test('only what stands between the two marks is replaced, further marks of other parts stay', () => {
  const page = 'a <b> old <e> c <e> d';
  assert.equal(between(page, '<b>', '<e>', 'new\n'), 'a <b>\n\nnew\n\n<e> c <e> d');
  assert.equal(
    between(between(page, '<b>', '<e>', 'new'), '<b>', '<e>', 'new'),
    between(page, '<b>', '<e>', 'new'),
  );
});

void test('a page that has lost a mark is refused, never cut off', () => {
  for (const page of ['no marks', 'a <b> c', 'a <e> c', '<e> a <b>'])
    assert.throws(() => between(page, '<b>', '<e>', 'x'), /has lost its marks: <b> … <e>/);
});
