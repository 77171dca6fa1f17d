/** A store that fails over to another server: what it promises of acknowledged writes, and what the engine makes of one that went back. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import type { ConfigStorePort, RouterPort } from '../../src/ports/index.ts';
import { report, RUN, ScriptedStore, workerOver } from '../activities/edge/scripted-store.ts';
import { refuses, write } from './store-calls.ts';

export interface FailingPair {
  /** Through an address that leads to the primary; it waits for no second server. */
  readonly store: ConfigStorePort;
  /** Whatever was written so far is on the other server as well. */
  caughtUp(): Promise<void>;
  /** What the primary writes from now on does not reach the other server. */
  cut(): void;
  /** The other server becomes the primary, and the address leads to it; the old one is gone. */
  promote(): Promise<void>;
}

export function failsOver(makePair: (t: TestContext) => Promise<FailingPair>): void {
  void it('without waiting for the second server an acknowledged write may be gone: it says so, shows it, and takes a newer one', async (t) => {
    const pair = await makePair(t);
    const port = pair.store;
    assert.equal(port.capabilities.fencing, 'weak');
    assert.match(port.capabilities.weakness?.how ?? '', /takes? back/);
    const first = await write(port, firstConfig('docs'));
    const second = await write(port, nextEdgeConfig(first, { weightPercent: 5 }, 'run/2'));
    await pair.caughtUp();
    pair.cut();
    const lost = await write(port, nextEdgeConfig(second, { weightPercent: 100 }, 'run/3'));
    await pair.promote();

    assert.deepEqual(await port.read(), second, 'an older generation is seen');
    const late = nextEdgeConfig(lost, {}, 'run/4');
    await refuses(() => write(port, late), 'reread', /generation 4 lost: .* is at 2, written by run\/2/);
    const again = await write(port, nextEdgeConfig(second, { weightPercent: 100 }, 'run/5'));
    await refuses(() => write(port, lost), 'reread', /is at 3, written by run\/5/);
    assert.deepEqual(await port.read(), again);
  });

  void it('the engine does not believe it at once, then goes on from what stands', async (t) => {
    const pair = await makePair(t);
    const port = pair.store;
    const store = new OverStore(port);
    let last: EdgeConfig | null = null;
    for (const config of store.history) last = await write(port, config);
    await pair.caughtUp();
    pair.cut();
    const run = workerOver(store, { maxAttempts: 1 });
    const ramp = { step: 'ramp-25', expected: 4, patch: { weightPercent: 25 }, seenWithinMs: 300 } as const;
    const next = nextEdgeConfig(last as EdgeConfig, { weightPercent: 25 }, `${RUN}/ramp-25`);
    store.serve = await write(port, next);
    assert.equal((await run('writeEdge', ramp)).result?.generation, 5);
    await pair.promote();

    const stale = await run('readEdge', { atLeast: 5 });
    assert.match(stale.failure?.message ?? '', /answers with generation 4, where 5 was stored before/);
    const now = performance.now();
    t.mock.method(performance, 'now', () => now + 11_000);
    assert.equal((await run('readEdge', { atLeast: 5 })).result?.generation, 4);
    const again = await run('writeEdge', { ...ramp, step: 'reassert-1', newest: 5 });
    assert.equal(again.result?.generation, 6, 'a number that was lost is not given again');
    assert.equal((await port.read())?.writer, `${RUN}/reassert-1`);
    assert.deepEqual([again.result?.seen, store.serve.writer], [true, `${RUN}/reassert-1`]);
  });
}

/** The activities over a real store; their routers serve the newest that they have seen, as real ones do. */
class OverStore extends ScriptedStore {
  serve: EdgeConfig | null = null;
  readonly #port: ConfigStorePort;

  constructor(port: ConfigStorePort) {
    super();
    this.#port = port;
  }

  override get port(): ConfigStorePort {
    return this.#port;
  }

  override get router(): RouterPort {
    const observe = async () => {
      const stored = await this.#port.read();
      if ((stored?.generation ?? 0) > (this.serve?.generation ?? 0)) this.serve = stored;
      return [report('eu', this.serve)];
    };
    return { ...super.router, observe };
  }
}
