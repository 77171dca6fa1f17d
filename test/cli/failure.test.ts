/** What a command that failed says of it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { failureOf } from '../../src/cli/failure.ts';

it('a bug shows the stack of every cause, a cause that is no error as it is', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:9', { cause: 'closed' });
  const { code, stack } = failureOf(new TypeError('fetch failed', { cause: refused }), false);
  assert.equal(code, 'bug');
  assert.match(stack ?? '', /^TypeError: fetch failed\n.*failure\.test/);
  assert.match(stack ?? '', /\ncaused by Error: connect ECONNREFUSED 127\.0\.0\.1:9\n/);
  assert.match(stack ?? '', /\ncaused by closed$/);
});
