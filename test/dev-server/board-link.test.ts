/** The link to the board of a switch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardUrl } from '../../src/dev-server/board-link.ts';

const run = { workflowId: 'cutover/docs', runId: 'r1' };

void test('opens the board of a run, and there is none without a web UI', () => {
  assert.equal(
    boardUrl({ uiUrl: 'http://127.0.0.1:8233', namespace: 'default' }, run),
    'http://127.0.0.1:8233/namespaces/default/workflows/cutover%2Fdocs/r1/user-metadata',
  );
  assert.equal(boardUrl({ uiUrl: undefined, namespace: 'default' }, run), null);
});
