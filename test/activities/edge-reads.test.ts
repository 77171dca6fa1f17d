/** What the edge's activities make of stale reads, of leases under any clock, and of everything that a region can report. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { report, REFUSED, RUN, ScriptedStore, STORE_MS, workerOver } from './edge/scripted-store.ts';

const RAMP = { step: 'ramp-25', expected: 4, patch: { weightPercent: 25 }, seenWithinMs: 300 } as const;

const lostReply = (apply: () => unknown): never => {
  apply();
  throw REFUSED('retry', 'reset after the write');
};

void describe('readEdge, for every answer of the store', () => {
  void it('tells all that a look compares, and null where nothing was ever written (F2)', async () => {
    const store = new ScriptedStore();
    const { result } = await workerOver(store)('readEdge', {});
    assert.deepEqual(result, {
      generation: 4,
      weightPercent: 10,
      freezeUntilMs: null,
      producer: 'blue',
      writes: { blue: 'open', green: 'open' },
      writer: `${RUN}/ramp-10`,
    });
    store.history.length = 0;
    assert.equal((await workerOver(store)('readEdge', {})).result, null);
  });

  void it('refuses an answer older than this worker has seen, or than the caller knows (F14)', async () => {
    for (const stale of [(s: ScriptedStore) => s.history[1] ?? null, () => null]) {
      const store = new ScriptedStore();
      const run = workerOver(store);
      await run('readEdge', {});
      store.reads = [stale];
      assert.equal((await run('readEdge', {})).result?.generation, 4, 'asked again');
      store.forever = new Set(['reads']);
      store.reads = [stale];
      assert.match((await run('readEdge', {})).failure?.message ?? '', /stale read, asked again/);
      const other = workerOver(store);
      assert.match((await other('readEdge', { atLeast: 4 })).failure?.message ?? '', /stale read/);
      assert.ok(store.asked.read < 50, `${store.asked.read} reads`);
    }
  });

  void it('believes a store that keeps to an older generation: somebody restored it from a backup', async (t) => {
    const store = new ScriptedStore();
    const run = workerOver(store, { maxAttempts: 1 });
    await run('readEdge', {});
    store.history.length = 2;
    assert.equal((await run('readEdge', {})).failure?.type, 'Retry');
    const now = performance.now();
    t.mock.method(performance, 'now', () => now + 11_000);
    assert.equal((await run('readEdge', {})).result?.generation, 2);
    assert.equal((await run('readEdge', {})).result?.generation, 2);
  });
});

void describe('the freeze lease', () => {
  for (const offMs of [-600_000, -30_000, 0, 600_000]) {
    void it(`is dated and judged by the store, whatever the worker's clock says (${offMs / 1000} s off) (F12)`, async () => {
      const store = new ScriptedStore();
      const run = workerOver(store, { workerMs: STORE_MS + offMs });
      const freeze = { step: 'freeze-1', expected: 4, patch: {}, freezeForMs: 30_000, seenWithinMs: 300 };
      await run('writeEdge', freeze);
      // Twice the time to get everywhere: for the freeze itself and for the flip that ends it.
      assert.equal(store.stored?.freezeUntilMs, STORE_MS + 30_000 + 2 * 300);
      const flip = { ...RAMP, step: 'flip-1', expected: 5, leaseLeftMs: 1000 };
      store.nowMs = STORE_MS + 29_400;
      const late = await run('writeEdge', flip);
      assert.equal(late.failure?.type, 'LeaseExpired');
      assert.match(late.failure?.message ?? '', /1200 ms left and 1300 ms are needed/);
      store.nowMs = STORE_MS + 29_000;
      assert.equal((await run('writeEdge', flip)).result?.generation, 6);
    });
  }

  void it('is not made longer by a retry', async () => {
    const store = new ScriptedStore();
    store.writes = [lostReply];
    const freeze = { step: 'freeze-1', expected: 4, patch: {}, freezeForMs: 30_000, seenWithinMs: 300 };
    await workerOver(store)('writeEdge', freeze);
    assert.equal(store.stored?.freezeUntilMs, STORE_MS + 30_600);
    assert.equal(store.stored?.generation, 5);
  });
});

void describe('awaitGeneration, for every answer of a region (F13)', () => {
  const FOUR = { generation: 4, weightPercent: 10, withinMs: 150 };
  const cases: readonly [string, Parameters<typeof report>[2], 'seen' | 'behind' | 'foreign'][] = [
    ['exactly what was written', {}, 'seen'],
    ['an older generation', { generation: 3 }, 'behind'],
    ['none', { generation: null, weightPercent: null }, 'behind'],
    ['an error', { error: 'connect refused', generation: null, weightPercent: null }, 'behind'],
    ['doubt over what was written', { error: 'cannot confirm its config' }, 'behind'],
    ['generation 999 at 0 %', { generation: 999, weightPercent: 0, writer: 'x' }, 'foreign'],
    ['a newer generation with the same weight', { generation: 5, writer: 'a stranger' }, 'foreign'],
    ['our generation with another weight', { weightPercent: 0 }, 'foreign'],
    ['our generation and weight by another writer', { writer: 'a stranger' }, 'foreign'],
    [
      'a newer generation of this switch with the same weight',
      { generation: 5, writer: `${RUN}/caches` },
      'seen',
    ],
    ['a newer generation of this switch with another weight', { generation: 5, weightPercent: 0 }, 'foreign'],
  ];
  for (const [what, change, outcome] of cases) {
    void it(`${what} → ${outcome}`, async () => {
      const store = new ScriptedStore();
      store.regions = (stored) => [report('eu', stored), report('us', stored, change)];
      const { result } = await workerOver(store)('awaitGeneration', FOUR);
      assert.deepEqual(
        [result?.seen, result?.behind, result?.foreign],
        [outcome === 'seen', outcome === 'behind' ? ['us'] : [], outcome === 'foreign' ? ['us'] : []],
      );
      if (outcome !== 'seen') assert.match(result?.detail ?? '', /us/);
    });
  }

  void it('a router that does not name its writer agrees by generation and weight alone', async () => {
    const store = new ScriptedStore();
    store.regions = () => [{ region: 'eu', generation: 4, weightPercent: 10, error: null }];
    assert.equal((await workerOver(store)('awaitGeneration', FOUR)).result?.seen, true);
    store.regions = () => [{ region: 'eu', generation: 5, weightPercent: 10, error: null }];
    assert.deepEqual((await workerOver(store)('awaitGeneration', FOUR)).result?.foreign, ['eu']);
  });

  void it('ends a write as a conflict when the store, too, says that somebody else has written since', async () => {
    const store = new ScriptedStore();
    store.regions = (stored) => {
      if (stored?.writer === `${RUN}/ramp-25`)
        return [report('eu', store.put({ weightPercent: 0 }, 'a stranger'))];
      return [report('eu', stored)];
    };
    const { failure } = await workerOver(store)('writeEdge', RAMP);
    assert.equal(failure?.type, 'EdgeConflict');
    assert.match(failure?.message ?? '', /6 by a stranger stands/);
  });

  void it('comes back when a region that was away has it', async () => {
    const store = new ScriptedStore();
    let looks = 0;
    store.regions = (stored) => {
      looks += 1;
      return [report('eu', stored, looks < 3 ? { error: 'away', generation: null } : {})];
    };
    const { result } = await workerOver(store)('awaitGeneration', { ...FOUR, withinMs: 5000 });
    assert.deepEqual([result?.seen, looks], [true, 3]);
  });
});
