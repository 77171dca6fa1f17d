/** Every answer that a config store can give, at every read and write of the edge's activities, and what must come of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EdgeConfigPatch } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import {
  REFUSED,
  report,
  RUN,
  STARTED_MS,
  ScriptedStore,
  STORE_MS,
  workerOver,
  type ReadAnswer,
  type WriteAnswer,
} from './edge/scripted-store.ts';

const RAMP = { step: 'ramp-25', expected: 4, patch: { weightPercent: 25 }, seenWithinMs: 300 } as const;
const BACK: EdgeConfigPatch = {
  from: 'blue',
  to: 'green',
  weightPercent: 0,
  cohorts: [],
  producer: 'blue',
  writes: { blue: 'open', green: 'read-only' },
  freezeUntilMs: null,
};
const ROLLBACK = { step: 'rollback', patch: BACK, force: true } as const;

/** A cell: what the store does, and how the activity must end. */
interface Cell {
  readonly what: string;
  readonly before?: (store: ScriptedStore) => void;
  readonly read?: ReadAnswer;
  /** The read answers so at every time. */
  readonly always?: boolean;
  readonly write?: WriteAnswer;
  /** Type of the failure, or what stands in the end: generation and weight. */
  readonly forward: string | readonly [generation: number, weight: number];
  readonly back: string | readonly [generation: number, weight: number];
}

const LATER = { switchStartedMs: STARTED_MS + 1 };
const again =
  (error: () => Error): (() => never) =>
  () => {
    throw error();
  };

const CELLS: readonly Cell[] = [
  { what: 'read: what was written last', forward: [5, 25], back: [5, 0] },
  {
    what: 'read: an older generation, once (stale)',
    read: (s) => s.history[2] ?? null,
    forward: [5, 25],
    back: [5, 0],
  },
  {
    what: 'read: an older generation, always (stale)',
    read: (s) => s.history[2] ?? null,
    always: true,
    forward: 'Retry',
    back: 'Reread',
  },
  { what: 'read: none, once, where there is one', read: () => null, forward: [5, 25], back: [5, 0] },
  {
    what: 'read: none, always, where there is one',
    read: () => null,
    always: true,
    forward: 'Retry',
    back: 'Reread',
  },
  {
    what: 'read: newer, by a stranger',
    before: (s) => s.put({ weightPercent: 80 }, 'a stranger'),
    forward: 'EdgeConflict',
    back: [6, 0],
  },
  {
    what: 'read: newer, by another step of this switch',
    before: (s) => s.put({ cacheEpoch: { blue: 2, green: 1 } }, `${RUN}/caches`),
    forward: 'EdgeConflict',
    back: [6, 0],
  },
  {
    what: 'read: newer, by an older switch',
    before: (s) => s.put({ weightPercent: 80, switchStartedMs: STARTED_MS - 1 }, 'run-1/rollback'),
    forward: 'EdgeConflict',
    back: [6, 0],
  },
  {
    what: 'read: newer, by a later switch (F3)',
    before: (s) => s.put({ weightPercent: 80, ...LATER }, 'run-3/canary'),
    forward: 'EdgeConflict',
    back: 'Overtaken',
  },
  {
    what: 'read: the config of another service',
    read: (s) => ({ ...s.history[3], service: 'shop' }) as never,
    always: true,
    forward: 'NeedsHuman',
    back: 'NeedsHuman',
  },
  {
    what: 'read: an error, once',
    read: again(() => REFUSED('retry', 'reset')),
    forward: [5, 25],
    back: [5, 0],
  },
  {
    what: 'read: 429, once',
    read: again(() => REFUSED('retry', '429', 700)),
    forward: [5, 25],
    back: [5, 0],
  },
  {
    what: 'read: a wrong token, always',
    read: again(() => REFUSED('fatal', '403')),
    always: true,
    forward: 'Fatal',
    back: 'Fatal',
  },
  { what: 'write: taken, the reply lost', write: lostReply, forward: [5, 25], back: [5, 0] },
  {
    what: 'write: lost on its way',
    write: again(() => REFUSED('retry', 'reset')),
    forward: [5, 25],
    back: [5, 0],
  },
  { what: 'write: 429', write: again(() => REFUSED('retry', '429', 700)), forward: [5, 25], back: [5, 0] },
  {
    what: 'write: a wrong token',
    write: again(() => REFUSED('fatal', '403')),
    forward: 'Fatal',
    back: 'Fatal',
  },
  {
    what: 'write: a stranger was first',
    write: (apply, s) => {
      s.put({ weightPercent: 80 }, 'a stranger');
      return apply();
    },
    forward: 'EdgeConflict',
    back: [6, 0],
  },
  {
    what: 'write: a later switch was first (F3)',
    write: (apply, s) => {
      s.put({ weightPercent: 80, ...LATER }, 'run-3/canary');
      return apply();
    },
    forward: 'EdgeConflict',
    back: 'Overtaken',
  },
  {
    what: 'write: refused, though nobody wrote, once',
    write: again(() => new ProviderError('reread', 'scripted', 'no')),
    forward: [5, 25],
    back: [5, 0],
  },
];

function lostReply(apply: () => unknown): never {
  apply();
  throw REFUSED('retry', 'reset after the write');
}

function scripted({ before, read, always, write }: Cell): ScriptedStore {
  const store = new ScriptedStore();
  before?.(store);
  if (read !== undefined) store.reads = [read];
  if (always === true) store.forever = new Set(['reads']);
  if (write !== undefined) store.writes = [write];
  return store;
}

void describe('writeEdge, for every answer of the store', () => {
  for (const cell of CELLS) {
    void it(`${cell.what} → ${said(cell.forward)}`, async () => {
      const store = scripted(cell);
      const standing = store.stored;
      const { result, failure } = await workerOver(store)('writeEdge', RAMP);
      if (typeof cell.forward === 'string') {
        assert.equal(failure?.type, cell.forward, failure?.message);
        assert.ok(!store.history.some(({ writer }) => writer === `${RUN}/ramp-25`), 'nothing was written');
        if (cell.write === undefined) assert.equal(store.stored, standing);
      } else {
        assert.equal(failure, null);
        assert.deepEqual([result?.generation, result?.weightPercent, result?.seen], [...cell.forward, true]);
        assert.equal(store.history.filter(({ writer }) => writer === `${RUN}/ramp-25`).length, 1, 'once');
      }
    });
  }
});

void describe('restoreTraffic, for every answer of the store', () => {
  for (const cell of CELLS) {
    void it(`${cell.what} → ${said(cell.back)}`, async () => {
      const store = scripted(cell);
      const { result, failure } = await workerOver(store, { maxAttempts: cell.back === 'Fatal' ? 1 : 3 })(
        'restoreTraffic',
        ROLLBACK,
      );
      const ours = store.history.filter(({ writer }) => writer === `${RUN}/rollback`);
      if (typeof cell.back === 'string') {
        assert.equal(failure?.type, cell.back, failure?.message);
        assert.equal(ours.length, 0, 'nothing was written');
      } else {
        assert.equal(failure, null);
        assert.deepEqual([result?.generation, result?.weightPercent], cell.back);
        assert.equal(ours.length, 1, 'once');
        assert.equal(store.stored?.switchStartedMs, STARTED_MS);
      }
    });
  }

  void it('an empty store gets the first config, with everybody on `from`', async () => {
    const store = new ScriptedStore();
    store.history.length = 0;
    const { result } = await workerOver(store)('restoreTraffic', ROLLBACK);
    assert.deepEqual([result?.generation, store.stored?.producer], [1, 'blue']);
  });

  void it('a sick `from` is not sent users unless that is forced', async () => {
    const store = new ScriptedStore();
    const run = workerOver(store, { health: 'down' });
    assert.equal((await run('restoreTraffic', { ...ROLLBACK, force: false })).result?.restored, false);
    assert.equal(store.stored?.generation, 4);
    assert.equal((await run('restoreTraffic', ROLLBACK)).result?.restored, true);
  });

  void it('a store that refuses every write is asked a few times an attempt, with pauses (F14)', async () => {
    const store = new ScriptedStore();
    store.writes = [again(() => new ProviderError('reread', 'scripted', 'no'))];
    store.forever = new Set(['writes']);
    const startedMs = performance.now();
    const { failure } = await workerOver(store, { maxAttempts: 1 })('restoreTraffic', ROLLBACK);
    assert.equal(failure?.type, 'Reread');
    assert.ok(store.asked.read <= 8, `${store.asked.read} reads`);
    assert.ok(performance.now() - startedMs > 250, 'the pauses grow');
  });

  void it('a write that stands but cannot be read back is a return of users, and says so (E3)', async () => {
    const store = new ScriptedStore();
    store.writes = [lostReply, again(() => REFUSED('fatal', 'KV: 403'))];
    const { result } = await workerOver(store)('restoreTraffic', ROLLBACK);
    assert.deepEqual([result?.restored, result?.weightPercent], [true, 0]);
    assert.match(result?.unconfirmed ?? '', /KV: 403/);
  });
});

void describe('a retry that finds its own write (E3)', () => {
  void it('reads it back on its way to the routers, and fails while that fails', async () => {
    const store = new ScriptedStore();
    const kvRefuses = again(() => REFUSED('fatal', 'KV: 403'));
    store.writes = [lostReply, kvRefuses];
    const { failure, attempts } = await workerOver(store)('writeEdge', RAMP);
    assert.deepEqual([failure?.type, attempts], ['Fatal', 2]);
    assert.match(failure?.message ?? '', /KV: 403/);
  });

  void it('reads it back once; attempts that only wait for regions do not repeat that', async () => {
    const store = new ScriptedStore();
    store.writes = [lostReply];
    const { result } = await workerOver(store)('writeEdge', RAMP);
    assert.equal(result?.seen, true);
    assert.deepEqual([store.asked.write, store.asked.repeated], [1, 1]);
  });

  void it('that was overtaken meanwhile is a conflict', async () => {
    const store = new ScriptedStore();
    store.writes = [
      lostReply,
      (apply, s) => {
        s.put({ weightPercent: 80 }, 'a stranger');
        return apply();
      },
    ];
    const { failure } = await workerOver(store)('writeEdge', RAMP);
    assert.equal(failure?.type, 'EdgeConflict');
  });
});

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

function said(outcome: Cell['forward']): string {
  return typeof outcome === 'string' ? outcome : `generation ${outcome[0]} at ${outcome[1]} %`;
}
