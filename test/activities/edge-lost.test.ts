/** What the edge's activities make of a store that loses what it had acknowledged, while routers go on serving it. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { nextEdgeConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import { clientThat, report, RUN, ScriptedStore, STARTED_MS, workerOver } from './edge/scripted-store.ts';

const RAMP = { step: 'ramp-25', expected: 4, patch: { weightPercent: 25 }, seenWithinMs: 300 } as const;
const HOME = { weightPercent: 0, cohorts: [], producer: 'blue', freezeUntilMs: null } as const;

/** A store at generation 4 that has lost `many` writes after it, which its router still serves: a router never goes back. */
function failedOver(many: number, weightPercent = 100, by = RUN): ScriptedStore {
  const store = new ScriptedStore();
  let served = store.stored as EdgeConfig;
  for (let nth = 1; nth <= many; nth += 1)
    served = nextEdgeConfig(served, { weightPercent, switchStartedMs: STARTED_MS }, `${by}/lost-${nth}`);
  store.regions = (stored) => {
    if ((stored?.generation ?? 0) > served.generation) served = stored as EdgeConfig;
    return [report('eu', served)];
  };
  return store;
}

/** Each look is seconds after the one before it, so that a stale answer is soon believed. */
function quickly(t: TestContext): () => void {
  const now = performance.now.bind(performance);
  let aheadMs = 0;
  t.mock.method(performance, 'now', () => now() + aheadMs);
  return () => {
    aheadMs += 4000;
  };
}

void describe('a store that has lost what routers still serve', () => {
  for (const many of [1, 3])
    void it(`a rollback that knows of ${many} lost write(s) brings users home at once`, async () => {
      const store = failedOver(many);
      const run = workerOver(store);
      const back = { step: 'rollback', patch: HOME, force: true, newest: 4 + many };
      const { result } = await run('restoreTraffic', back);
      assert.equal(result?.generation, 5 + many, 'no number is given twice');
      assert.deepEqual(store.regions(store.stored), [report('eu', store.stored)]);
    });

  void it('a rollback that does not know is written once more, above what a router serves', async () => {
    const store = failedOver(3);
    const run = workerOver(store);
    const { result } = await run('restoreTraffic', { step: 'rollback', patch: HOME, force: true });
    assert.equal(result?.generation, 5);
    const seen = await run('awaitGeneration', { generation: 5, weightPercent: 0, withinMs: 2000 });
    assert.equal(seen.result?.seen, true, seen.result?.detail);
    assert.deepEqual(
      store.history.slice(-2).map(({ generation, writer }) => [generation, writer]),
      [
        [5, `${RUN}/rollback`],
        [8, `${RUN}/rollback`],
      ],
    );
    assert.equal(
      (await run('restoreTraffic', { step: 'rollback', patch: HOME, force: true })).result?.generation,
      8,
    );
  });

  for (const [many, follows] of [
    [1, 'as asked'],
    [3, 'as asked'],
    [3, 'always the number before'],
  ] as const)
    void it(`a recovery brings users home from ${many} write(s) that a dead run made and the store lost; a write follows ${follows}`, async () => {
      const store = failedOver(many, 100, 'run-1');
      if (follows !== 'as asked') store.follows = ({ generation }) => generation - 1;
      const run = workerOver(store);
      const back = { step: 'rollback', patch: HOME };
      assert.equal((await run('restoreTraffic', { ...back, force: true })).result?.generation, 5);
      const waited = { generation: 5, weightPercent: 0, withinMs: 2000, again: back };
      const { result } = await run('awaitGeneration', waited);
      assert.equal(result?.seen, true, result?.detail);
      const [home] = store.regions(store.stored);
      assert.deepEqual([home?.generation, home?.weightPercent], [5 + many, 0]);
    });

  void it('a store that takes only the next number takes a rollback all the same', async () => {
    const store = failedOver(3);
    store.follows = ({ generation }) => generation - 1;
    const back = { step: 'rollback', patch: HOME, force: true, newest: 7 };
    const { result, failure } = await workerOver(store)('restoreTraffic', back);
    assert.equal(result?.restored, true, failure?.message);
    assert.equal(store.stored?.weightPercent, 0);
  });

  void it('a number that no store takes is not written above', async () => {
    const store = new ScriptedStore();
    const generation = Number.MAX_SAFE_INTEGER;
    store.regions = (stored) => [report('eu', stored, { generation, writer: `${RUN}/odd` })];
    const waited = { generation: 4, weightPercent: 10, withinMs: 300 };
    await workerOver(store)('awaitGeneration', waited);
    assert.equal(store.stored?.generation, 4);
  });

  void it('a write of the way forward goes above it too, also after another attempt has found it', async () => {
    for (const newest of [undefined, 7]) {
      const store = failedOver(3);
      const ramp = newest === undefined ? RAMP : { ...RAMP, newest };
      const { result, failure } = await workerOver(store)('writeEdge', { ...ramp, seenWithinMs: 2000 });
      assert.equal(result?.seen, true, failure?.message);
      assert.equal(store.stored?.generation, 8);
      assert.equal(store.stored?.weightPercent, 25);
    }
  });

  void it('a late writer that counts on what was lost does not find its number', async () => {
    const store = failedOver(1);
    const late = nextEdgeConfig(store.put({ weightPercent: 100 }, `${RUN}/lost-1`), {}, `${RUN}/late`);
    store.history.pop();
    await workerOver(store)('restoreTraffic', { step: 'rollback', patch: HOME, force: true, newest: 5 });
    await assert.rejects(
      store.port.compareAndSet(late, { idempotencyKey: late.writer, follows: 5 }),
      /generation 6 stands/,
    );
  });

  void it('another switch’s write at a router is nobody’s to overtake', async () => {
    const store = new ScriptedStore();
    store.regions = (stored) => [
      report('eu', stored, { generation: 9, weightPercent: 100, writer: 'run-1/flip' }),
    ];
    const { result } = await workerOver(store)('awaitGeneration', {
      generation: 4,
      weightPercent: 10,
      withinMs: 300,
    });
    assert.deepEqual(result?.foreign, ['eu']);
    assert.equal(store.stored?.generation, 4);
  });
});

void describe('a store that loses a write while regions are waited for', () => {
  void it('a write of the way forward is made again', async (t) => {
    const store = new ScriptedStore();
    const run = workerOver(store, { maxAttempts: 2, client: clientThat(() => undefined) });
    const goOn = quickly(t);
    let looks = 0;
    store.regions = (stored) => {
      looks += 1;
      goOn();
      if (looks === 1) store.history.pop();
      return [report('eu', looks === 1 ? (store.history[3] ?? null) : stored)];
    };
    const { result, failure } = await run('writeEdge', { ...RAMP, seenWithinMs: 8000 });
    assert.equal(result?.seen, true, failure?.message);
    assert.equal(store.stored?.generation, 6, '5 was given and is lost');
    assert.equal(store.stored?.weightPercent, 25);
  });

  void it('a rollback is written again by whoever waits for it', async (t) => {
    const store = new ScriptedStore();
    const run = workerOver(store, { client: clientThat(() => undefined) });
    const back = { step: 'rollback', patch: HOME };
    assert.equal((await run('restoreTraffic', { ...back, force: true })).result?.generation, 5);
    store.history.pop();
    const goOn = quickly(t);
    store.regions = (stored) => {
      goOn();
      return [report('eu', stored)];
    };
    const waited = { generation: 5, weightPercent: 0, withinMs: 8000, again: back };
    const { result, failure } = await run('awaitGeneration', waited);
    assert.equal(result?.seen, true, result?.detail ?? failure?.message);
    assert.deepEqual([store.stored?.generation, store.stored?.weightPercent], [6, 0]);
  });
});
