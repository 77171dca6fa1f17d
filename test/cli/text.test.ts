/** Text for terminals: within its columns, whatever it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLine, widthOf, wrap } from '../../src/cli/render/text.ts';

test('a word that is wider than the screen is broken, and nothing of it is lost', () => {
  const long = 'x'.repeat(95);
  const lines = wrap(`an identity: ${long} and more`, 40, 2);
  for (const line of lines) assert.ok(widthOf(line) <= 40, line);
  assert.equal(lines.join('').replaceAll(/[^x]/g, ''), long);
  assert.deepEqual(wrap('short words stay', 40), ['short words stay']);
});

test('text of others neither moves the cursor nor turns the line around', () => {
  assert.equal(oneLine('a\u001b[2J\u202eb\u2066c\u009b31m\r\nd'), 'a[2Jbc31m d');
});
