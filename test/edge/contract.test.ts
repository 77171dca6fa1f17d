/** What router and clients agree on: addresses, limits, and how an answer is read that an older router gave. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  MAX_LOOKUP_KEYS,
  parseLookedUp,
  parseLookup,
  parseServed,
  parseStoreAnswer,
  ROUTES,
  routeUrl,
} from '../../src/edge/contract.ts';
import { firstConfig } from '../../src/conformance/store.ts';

void describe('the router’s protocol', () => {
  void it('has an address below any entry', () => {
    for (const base of ['https://x.example', 'https://x.example/', 'https://x.example//']) {
      assert.equal(routeUrl(base, ROUTES.store), 'https://x.example/__cutover/store');
    }
  });

  void it('bounds a cache look-up', () => {
    const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `/${index}`);
    assert.equal(parseLookup({ color: 'green', keys: keys(MAX_LOOKUP_KEYS) })?.keys.length, MAX_LOOKUP_KEYS);
    for (const wrong of [
      null,
      [],
      { color: 'green', keys: keys(MAX_LOOKUP_KEYS + 1) },
      { color: 'red', keys: [] },
      { color: 'green', keys: ['no-path'] },
      { color: 'green' },
    ]) {
      assert.equal(parseLookup(wrong), null);
    }
    assert.deepEqual(parseLookedUp({}), { generation: 0, cached: [] });
  });

  void it('is read without what an older router leaves out, and with its doubt', () => {
    const served = { generation: 3, weightPercent: 25, doubt: false };
    assert.deepEqual(parseServed(served), served);
    assert.deepEqual(parseServed('<html>'), { generation: null, weightPercent: null, doubt: false });
    const config = firstConfig('docs');
    assert.equal(parseServed({ ...served, doubt: true, config }).writer, config.writer);
    assert.equal(parseServed({ ...served, doubt: true }).doubt, true);
  });

  void it('takes no store’s answer for “nothing written” that does not say so', () => {
    assert.deepEqual(parseStoreAnswer({ stored: null }), { stored: null, nowMs: null });
    assert.deepEqual(parseStoreAnswer({ stored: firstConfig('docs'), nowMs: 7 }), {
      stored: firstConfig('docs'),
      nowMs: 7,
    });
    for (const wrong of [{}, null, 'x', { stored: { schema: 2 } }]) {
      assert.equal(typeof parseStoreAnswer(wrong), 'string');
    }
  });
});
