/** Every fault that docs/what-broke.md names has a test that holds its mend, and the page says which. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOfTable } from '../../scripts/fault-table.ts';

test('every fault has a test with its id in the title, and the page is as they say', () => {
  assert.deepEqual(faultsOfTable(), []);
});
