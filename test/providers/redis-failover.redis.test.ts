/** A Redis that fails over: what the store promises of acknowledged writes, and what the engine makes of one that went back. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { ConfigStorePort, RouterPort } from '../../src/ports/index.ts';
import { report, RUN, ScriptedStore, workerOver } from '../activities/edge/scripted-store.ts';
import { startRedis, startReplica, type RedisServer } from '../support/redis-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { openStore } from './redis-env.ts';

interface Pair {
  /** An address that leads to the primary. */
  readonly port: number;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** What the primary writes from now on does not reach the replica. */
  cut(): void;
  /** The replica becomes the primary, and the address leads to it; the old one is gone. */
  promote(): Promise<void>;
}

async function pair(t: TestContext): Promise<Pair> {
  const primary = await startRedis();
  const between = await tcpProxy(primary.port);
  const replica = await startReplica(between);
  const front = await tcpProxy(primary.port);
  t.after(async () => {
    await front.close();
    await between.close();
    await replica.stop();
    await primary.stop();
  });
  return {
    port: front.port,
    primary,
    replica,
    cut: () => void between.holdAnswers(() => undefined),
    async promote() {
      await replica.run('REPLICAOF', 'NO', 'ONE');
      front.lead(replica.port);
      await primary.stop();
    },
  };
}

function write(port: ConfigStorePort, next: EdgeConfig): Promise<EdgeConfig> {
  return port.compareAndSet(next, { idempotencyKey: next.writer });
}

function isKind(kind: ProviderError['kind'], says: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof ProviderError && error.kind === kind && says.test(error.message);
}

void describe('redis that fails over', () => {
  void it('without waiting for replicas an acknowledged write may be gone: it says so, shows it, and takes a newer one', async (t) => {
    const redis = await pair(t);
    const port = openStore(redis);
    assert.equal(port.capabilities.fencing, 'weak');
    assert.match(port.capabilities.weakness?.how ?? '', /may take back/);
    const first = await write(port, firstConfig('docs'));
    const second = await write(port, nextEdgeConfig(first, { weightPercent: 5 }, 'run/2'));
    await untilCaughtUp(redis);
    redis.cut();
    const lost = await write(port, nextEdgeConfig(second, { weightPercent: 100 }, 'run/3'));
    await redis.promote();

    assert.deepEqual(await port.read(), second, 'an older generation is seen');
    await assert.rejects(
      write(port, nextEdgeConfig(lost, {}, 'run/4')),
      isKind('reread', /generation 4 lost: .* is at 2, written by run\/2/),
    );
    const again = await write(port, nextEdgeConfig(second, { weightPercent: 100 }, 'run/5'));
    await assert.rejects(write(port, lost), isKind('reread', /is at 3, written by run\/5/));
    assert.deepEqual(await port.read(), again);
  });

  void it('with `replicas` nothing is acknowledged that a failover can take back, and a repeat is one write', async (t) => {
    const redis = await pair(t);
    const port = openStore(redis, { replicas: 1, timeoutMs: 800 });
    assert.equal(port.capabilities.fencing, 'strong');
    const patient = openStore(redis, { replicas: 1, timeoutMs: 20_000 });
    const first = await write(patient, firstConfig('docs'));
    redis.cut();
    const next = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
    for (let attempt = 0; attempt < 2; attempt += 1)
      await assert.rejects(write(port, next), isKind('retry', /generation 2 is stored, but /));
    await redis.promote();
    assert.deepEqual(await port.read(), first, 'what nobody was told is all that is gone');
    const fresh = await startReplica(redis.replica);
    try {
      assert.deepEqual(await write(patient, next), next);
      assert.deepEqual(await write(patient, next), next);
      await fresh.run('REPLICAOF', 'NO', 'ONE');
      assert.deepEqual(await openStore(fresh).read(), next);
    } finally {
      await fresh.stop();
    }
  });

  void it('the engine does not believe it at once, then goes on from what stands', async (t) => {
    const redis = await pair(t);
    const port = openStore(redis);
    const store = new OverRedis(port);
    let last: EdgeConfig | null = null;
    for (const config of store.history) last = await write(port, config);
    await untilCaughtUp(redis);
    redis.cut();
    const run = workerOver(store, { maxAttempts: 1 });
    const ramp = { step: 'ramp-25', expected: 4, patch: { weightPercent: 25 }, seenWithinMs: 300 } as const;
    store.serve = await write(
      port,
      nextEdgeConfig(last as EdgeConfig, { weightPercent: 25 }, `${RUN}/ramp-25`),
    );
    assert.equal((await run('writeEdge', ramp)).result?.generation, 5);
    await redis.promote();

    const stale = await run('readEdge', { atLeast: 5 });
    assert.match(stale.failure?.message ?? '', /answers with generation 4, where 5 was stored before/);
    const now = performance.now();
    t.mock.method(performance, 'now', () => now + 11_000);
    assert.equal((await run('readEdge', { atLeast: 5 })).result?.generation, 4);
    store.serve = null;
    const again = await run('writeEdge', { ...ramp, step: 'reassert-1' });
    assert.equal(again.result?.generation, 5);
    assert.equal((await port.read())?.writer, `${RUN}/reassert-1`);
  });
});

/** The activities over a real store; their routers serve what stands, or what a test says. */
class OverRedis extends ScriptedStore {
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
    const observe = async () => [report('eu', this.serve ?? (await this.#port.read()))];
    return { ...super.router, observe };
  }
}

/** Whatever was written so far is on the replica as well. */
async function untilCaughtUp({ port }: Pair): Promise<void> {
  const waiting = openStore({ port }, { replicas: 1, timeoutMs: 20_000 });
  const stored = await waiting.read();
  if (stored !== null) await write(waiting, stored);
}
