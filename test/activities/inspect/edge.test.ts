/** What preflight asks of the edge. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clock, codes, config, traffic, findsEach, healthy, NOW, region } from './kit.ts';
import { EDGE_WRONG } from './wrong-edge.ts';

findsEach('of the edge', EDGE_WRONG);

void describe('the checks of the edge', () => {
  void test('take what is no fault: an edge never written, a switch that ended, a lease that is over', () => {
    assert.deepEqual(codes(region({ generation: 0, defaultColor: 'blue' }, false)(healthy)), []);
    assert.deepEqual(codes(clock(5000)(healthy)), []);
    assert.deepEqual(codes(config({ from: 'green', to: 'blue', weightPercent: 100 })(healthy)), []);
    assert.deepEqual(codes(config({ freezeUntilMs: NOW })(healthy)), []);
    assert.deepEqual(codes(traffic({ granularityPercent: 0.1 })(healthy)), []);
  });
});
