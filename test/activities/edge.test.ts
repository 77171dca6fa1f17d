/** Every answer that a config store can give, at every read and write of the edge's activities, and what must come of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EdgeConfigPatch } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import {
  REFUSED,
  RUN,
  STARTED_MS,
  ScriptedStore,
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

function said(outcome: Cell['forward']): string {
  return typeof outcome === 'string' ? outcome : `generation ${outcome[0]} at ${outcome[1]} %`;
}
