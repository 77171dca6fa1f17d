/** Rehearsed switches, every gate judged for real, over a simulated vendor's own weight. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProviderRef } from '../../src/domain/plan.ts';
import { rehearseReference, WITHOUT_QUEUE, type Rehearsed } from '../support/reference.ts';
import { sharedServer } from '../support/temporal.ts';

async function rehearse(traffic: Omit<ProviderRef, 'use'>, fault?: 'slow-tail'): Promise<Rehearsed> {
  const edge = { ...ROUTED, traffic: { use: 'simulated', ...traffic } };
  return rehearseReference(await sharedServer(), {
    text: WITHOUT_QUEUE,
    // The way to the next peak is hours of looks at one time of day and none at another.
    more: 'hold: { peak: none }\n',
    edge,
    ...(fault === undefined ? {} : { fault }),
  });
}

const ROUTED = { store: { use: 'simulated' }, router: { use: 'simulated' } };

void describe('a rehearsal over a vendor’s own weight', { concurrency: 2 }, () => {
  void it('completes where it deals each request anew and lags, with stickiness skipped aloud', async () => {
    const { outcome, events } = await rehearse({ lagMs: 10_000 });
    assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
    const looks = events.flatMap((event) => (event.type === 'looked' ? event.gates : []));
    const sticky = looks.filter(({ gate }) => gate === 'stickiness');
    assert.ok(sticky.length > 0);
    assert.deepEqual([...new Set(sticky.map(({ verdict }) => verdict))], ['skipped']);
    const warned = events.flatMap((event) => (event.type === 'findings' ? event.findings : []));
    assert.ok(warned.some(({ code }) => code === 'traffic-not-sticky'));
  });

  void it('brings users back from a fault', async () => {
    const { outcome } = await rehearse({}, 'slow-tail');
    assert.ok(outcome.kind === 'rolled-back', JSON.stringify(outcome));
    assert.equal(outcome.gate, 'latency');
    assert.deepEqual(outcome.left, []);
  });

  void it('asks stickiness where the vendor keeps users', async () => {
    const { outcome, events } = await rehearse({ sticky: true });
    assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
    const looks = events.flatMap((event) => (event.type === 'looked' ? event.gates : []));
    assert.ok(looks.some(({ gate, verdict }) => gate === 'stickiness' && verdict !== 'skipped'));
  });

  for (const [kind, traffic, says] of [
    [
      'moves only upward',
      { canLower: false },
      /cannot lower a weight: a rollback would write the edge config, and users would stay/,
    ],
    ['is too coarse', { granularityPercent: 20 }, /cannot set 1, 5, 10, 25, 50 %/],
    ['has other stages', { stages: [20, 100] }, /cannot set 1, 5, 10, 25, 50 %/],
    ['ends before 100 %', { maxPercent: 15 }, /cannot set 25, 50, 100 %/],
  ] as const) {
    void it(`is refused where it ${kind}`, async () => {
      const { outcome } = await rehearse(traffic);
      assert.ok(outcome.kind === 'refused', JSON.stringify(outcome));
      assert.match(outcome.findings.map(({ message }) => message).join('\n'), says);
    });
  }
});
