import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isStale } from '../../../../scripts/reader-table.ts';

void it('docs/request-line.md says of each reader what it reads (node --import tsx scripts/reader-table.ts writes it)', () => {
  assert.equal(isStale(), false);
});
