/** When lines that could not be counted take the word from the rest. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gapOf, unreadable } from '../../src/domain/unread.ts';

const read = (lines: number, broken: number, foreign = 0) => ({
  unread: { lines, broken, foreign, reasons: { 'no readable latency_ms.tfinal': broken } },
});

void describe('a gap in telemetry', () => {
  void it('is 60 broken lines of 4,900, with the reason', () => {
    assert.equal(
      gapOf(read(4900, 60)),
      'telemetry: 60 of 4900 request lines cannot be read: 60 × no readable latency_ms.tfinal',
    );
  });

  void it('is no line cut off where a log rotates, and no other message in the same log', () => {
    assert.equal(gapOf(read(200, 4)), null);
    assert.equal(gapOf(read(100_000, 90)), null);
    assert.equal(gapOf(read(100_000, 0, 90_000)), null);
    assert.notEqual(gapOf(read(100_000, 20, 90_000)), null, 'a share of request lines, not of all');
  });

  void it('is one lost line', () => {
    assert.match(gapOf({ lost: 1 }) ?? '', /1 request lines were lost/);
    assert.equal(gapOf({}), null);
  });
});

void describe('telemetry of which nothing can be read', () => {
  void it('says how many lines there were, and why none counted', () => {
    const ten = { lines: 10, broken: 0, foreign: 10, reasons: { 'no request line': 10 } };
    assert.equal(
      unreadable({ unread: ten, freshestMs: null }),
      '10 lines read, none is a request line: 10 × no request line',
    );
    assert.equal(unreadable({ unread: { ...ten, lines: 11 }, freshestMs: null }), null);
    assert.equal(unreadable({ freshestMs: null }), null);
  });
});
