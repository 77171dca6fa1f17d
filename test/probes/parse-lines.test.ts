/** Lines are counted as people count them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitLines } from '../../src/probes/parse-lines.ts';

void test('the newline that ends a file begins no line', () => {
  assert.deepEqual(splitLines('a\nb\n'), ['a', 'b']);
  assert.deepEqual(splitLines('a\n\nb'), ['a', '', 'b']);
  assert.deepEqual(splitLines(''), []);
});
