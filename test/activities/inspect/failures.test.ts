/** What cannot be read, as a finding. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unreadable } from '../../../src/activities/inspect/failures.ts';
import { ProviderError, UserError } from '../../../src/domain/errors.ts';

void describe('what cannot be read', () => {
  void test('is misconfigured where a person must act, with the hint there is', () => {
    const hinted = unreadable('edge', new UserError('no token', { hint: 'set CLOUDFLARE_API_TOKEN' }));
    assert.deepEqual(
      [hinted.code, hinted.message, hinted.fix],
      ['provider-misconfigured', 'edge: no token', 'set CLOUDFLARE_API_TOKEN'],
    );
    for (const kind of ['human', 'fatal', 'reread'] as const) {
      assert.equal(unreadable('queue', new ProviderError(kind, 'sqs', 'no')).code, 'provider-misconfigured');
    }
  });

  void test('is unreachable where only time or the network can help', () => {
    assert.equal(unreadable('edge', new ProviderError('retry', 'x', 'no')).code, 'provider-unreachable');
    assert.equal(unreadable('edge', new TypeError('fetch failed')).message, 'edge: fetch failed');
    assert.equal(unreadable('edge', 'text').code, 'provider-unreachable');
  });
});
