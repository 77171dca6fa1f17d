import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BUILT_IN_RULE,
  blocksOf,
  bucketOfMs,
  wholeBlocks,
  type CountedLine,
} from '../../../src/domain/clusters/index.ts';

function line(second: number, over: Partial<CountedLine> = {}): CountedLine {
  return {
    atMs: second * 1000,
    color: 'blue',
    region: 'eu',
    route: 'answer',
    user: 'u1',
    instance: null,
    cold: false,
    ok: true,
    error: null,
    tfinalMs: 100,
    tusableMs: 40,
    cache: null,
    ...over,
  };
}

const FAILED = { ok: false, error: 'body:truncated' } as const;
const TERMS = {
  fromMs: 10_000,
  toMs: 50_000,
  blockMs: 10_000,
  sameFailureMs: 60_000,
  serverErrors: BUILT_IN_RULE,
};

test('one color by block: repeats left out, latencies of warm successes, null where it had nothing', () => {
  const { blocks, ...rest } = blocksOf(
    [
      line(9.9),
      line(10, FAILED),
      line(11, FAILED),
      line(12),
      line(13, { cold: true }),
      line(29.999, { ok: false, error: 'headers:http_4xx:404' }),
      line(30, { color: 'green' }),
      line(40, { ...FAILED, user: 'u2' }),
      line(49, { tusableMs: null }),
      line(50),
    ],
    'blue',
    TERMS,
  );
  assert.deepEqual(rest, { color: 'blue', startMs: 10_000, blockMs: 10_000 });
  const none = { first: 0, counts: [] };
  const one = (ms: number) => ({ first: bucketOfMs(ms), counts: [1] });
  assert.deepEqual(blocks, [
    { trials: 3, events: 1, final: one(100), usable: one(40) },
    { trials: 1, events: 0, final: none, usable: none },
    null,
    { trials: 2, events: 1, final: one(100), usable: none },
  ]);
});

test('a short last block is left out, and a rounding of the division costs none', () => {
  assert.equal(blocksOf([line(45)], 'blue', { ...TERMS, toMs: 49_000 }).blocks.length, 3);
  assert.equal(wholeBlocks({ fromMs: 0, toMs: 0.3, blockMs: 0.1 }), 3);
  assert.equal(wholeBlocks({ fromMs: 10, toMs: 0, blockMs: 1 }), 0);
});

test('a day of blocks of three seconds needs no more room than its lines', () => {
  const { blocks } = blocksOf([line(86_399)], 'blue', {
    ...TERMS,
    fromMs: 0,
    toMs: 86_400_000,
    blockMs: 3000,
  });
  assert.equal(blocks.length, 28_800);
  assert.equal(blocks.at(-1)?.trials, 1);
});
