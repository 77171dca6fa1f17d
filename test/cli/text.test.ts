/** Text for terminals: within its columns, whatever it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { widthOf, wrap } from '../../src/cli/render/text.ts';

test('a word that is wider than the screen is broken, and nothing of it is lost', () => {
  const long = 'x'.repeat(95);
  const lines = wrap(`an identity: ${long} and more`, 40, 2);
  for (const line of lines) assert.ok(widthOf(line) <= 40, line);
  assert.equal(lines.join('').replaceAll(/[^x]/g, ''), long);
  assert.deepEqual(wrap('short words stay', 40), ['short words stay']);
});
