/** A Redis that fails over: with replicas to wait for, and without. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import { failsOver, type FailingPair } from '../support/failover.ts';
import { startRedis, startReplica, type RedisServer } from '../support/redis-server.ts';
import { refuses, write } from '../support/store-calls.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { openStore } from './redis-env.ts';

interface Pair extends FailingPair {
  /** An address that leads to the primary. */
  readonly port: number;
  readonly replica: RedisServer;
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
    replica,
    store: openStore(front),
    async caughtUp() {
      const waiting = openStore(front, { replicas: 1, timeoutMs: 20_000 });
      const stored = await waiting.read();
      if (stored !== null) await write(waiting, stored);
    },
    cut: () => void between.holdAnswers(() => undefined),
    async promote() {
      await replica.run('REPLICAOF', 'NO', 'ONE');
      front.lead(replica.port);
      await primary.stop();
    },
  };
}

void describe('redis that fails over', () => {
  failsOver(pair);

  void it('with `replicas` nothing is acknowledged that a failover can take back, and a repeat is one write', async (t) => {
    const redis = await pair(t);
    const port = openStore(redis, { replicas: 1, timeoutMs: 800 });
    assert.equal(port.capabilities.fencing, 'strong');
    const patient = openStore(redis, { replicas: 1, timeoutMs: 20_000 });
    const first = await write(patient, firstConfig('docs'));
    redis.cut();
    const next = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
    for (let attempt = 0; attempt < 2; attempt += 1)
      await refuses(() => write(port, next), 'retry', /generation 2 is stored, but /);
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
});
