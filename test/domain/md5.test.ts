import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { md5First32 } from '../../src/domain/md5.ts';

test('is what everybody else calls MD5, at every length around a block and beyond ASCII', () => {
  const texts = Array.from({ length: 140 }, (_, length) => 'a€𝄞7'.repeat(length).slice(0, length));
  for (const text of [...texts, 'user-4711', 'Zoë', '1700000000000']) {
    const hex = createHash('md5').update(text).digest('hex');
    assert.equal(md5First32(text), Number.parseInt(hex.slice(0, 8), 16), text);
  }
});
