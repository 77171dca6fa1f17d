/** What preflight asks of the colors, and of both together. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codes, findsEach, green, healthy, index } from './kit.ts';
import { COLORS_WRONG } from './wrong-colors.ts';

findsEach('of the colors', COLORS_WRONG);

void describe('the checks of both colors', () => {
  void test('find two faults where one cause has two sides', () => {
    assert.deepEqual(codes(index({ name: 'docs-blue', INDEX_HASH: 'h2' })(healthy)), [
      'index-differs',
      'index-shared',
    ]);
    const oneTopic = { topic: 'jobs.blue', maxDeliveries: 5, ackTimeoutMs: 30_000 };
    assert.deepEqual(codes(green({ queue: oneTopic })(healthy)), [
      'queue-topic-shared',
      'queue-topic-shared',
    ]);
  });
});
