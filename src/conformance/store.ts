/**
 * What every `ConfigStorePort` must do. Each test gets a store that was never written.
 * A provider whose fencing is `weak` may take a stale write, but must let the newer generation stand.
 */
import assert from 'node:assert/strict';
import { firstConfig as first, nextEdgeConfig, type EdgeConfig } from '../domain/edge-config.ts';
import { ProviderError } from '../domain/errors.ts';
import type { ConfigStorePort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export interface StoreEnv extends Env {
  readonly port: ConfigStorePort;
  readonly service: string;
}

/** A first config of a service; generation 1. */
export function firstConfig(service: string, changes: Partial<EdgeConfig> = {}): EdgeConfig {
  return {
    ...first({ service, from: 'blue', to: 'green' }),
    generation: 1,
    writer: 'run/first',
    salt: `${service}/r2`,
    cacheEpoch: { blue: 1, green: 1 },
    releases: { blue: 'r1', green: 'r2' },
    ...changes,
  };
}

export function storePortSuite(name: string, makeEnv: () => Promise<StoreEnv>): void {
  suite(`ConfigStorePort: ${name}`, makeEnv, ({ rule }) => {
    rule('reads null before the first write', async ({ port }) => {
      assert.equal(await port.read(), null);
    });

    rule('returns what was read back, and reads it again', async ({ port, service }) => {
      const first = firstConfig(service);
      assert.deepEqual(await port.compareAndSet(first, { idempotencyKey: 'run/1' }), first);
      assert.deepEqual(await port.read(), first);
    });

    rule('the first write must be generation 1', async ({ port, service }) => {
      await assert.rejects(
        port.compareAndSet(firstConfig(service, { generation: 2 }), { idempotencyKey: 'run/1' }),
        isReread,
      );
      assert.equal(await port.read(), null);
    });

    rule(
      'a writer that computed from an old generation loses and is told to reread',
      async ({ port, service }) => {
        const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        const winner = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
        await port.compareAndSet(winner, { idempotencyKey: 'run/2' });
        const loser = nextEdgeConfig(first, { weightPercent: 50 }, 'dead/2');
        await assert.rejects(port.compareAndSet(loser, { idempotencyKey: 'dead/2' }), isReread);
        assert.deepEqual(await port.read(), winner);
      },
    );

    rule('a write repeated with its key changes nothing and succeeds', async ({ port, service }) => {
      const first = firstConfig(service);
      await port.compareAndSet(first, { idempotencyKey: 'run/1' });
      assert.deepEqual(await port.compareAndSet(first, { idempotencyKey: 'run/1' }), first);
      assert.equal((await port.read())?.generation, 1);
    });

    rule(
      'a repeated write that was overtaken loses: the newer generation stands',
      async ({ port, service }) => {
        const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        const newer = nextEdgeConfig(first, { weightPercent: 1 }, 'run/2');
        await port.compareAndSet(newer, { idempotencyKey: 'run/2' });
        await assert.rejects(port.compareAndSet(first, { idempotencyKey: 'run/1' }), isReread);
        assert.deepEqual(await port.read(), newer);
      },
    );

    rule(
      'a read after another writer’s write returns that write, every time (F14)',
      async ({ port, service }) => {
        assert.equal(port.capabilities.reads, 'linearizable');
        let last = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        for (let round = 2; round <= 12; round += 1) {
          const writer = `${round % 2 === 0 ? 'other' : 'run'}/${round}`;
          const next = nextEdgeConfig(last, { weightPercent: round }, writer);
          last = await port.compareAndSet(next, { idempotencyKey: writer });
          const reads = await Promise.all([port.read(), port.read(), port.read()]);
          for (const read of reads) assert.deepEqual(read, last);
        }
      },
    );

    rule(
      'the store dates a freeze by its own clock, which it tells; a repeat keeps the lease (F12)',
      async ({ port, service }) => {
        const beforeMs = await port.clock();
        const context = { idempotencyKey: 'run/1', freezeForMs: 60_000 };
        const frozen = await port.compareAndSet(firstConfig(service, { freezeUntilMs: 1 }), context);
        const until = frozen.freezeUntilMs ?? 0;
        assert.ok(
          until >= beforeMs + 60_000 && until <= (await port.clock()) + 60_000,
          `${until - beforeMs}`,
        );
        assert.deepEqual(await port.read(), frozen);
        assert.deepEqual(await port.compareAndSet(frozen, context), frozen);
        const thawed = nextEdgeConfig(frozen, { freezeUntilMs: null }, 'run/2');
        assert.equal((await port.compareAndSet(thawed, { idempotencyKey: 'run/2' })).freezeUntilMs, null);
      },
    );

    rule('of concurrent writers exactly one wins', async ({ port, service }) => {
      const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
      const writers = Array.from({ length: 8 }, (_, i) => `run${i}/2`);
      const outcomes = await Promise.allSettled(
        writers.map((writer, i) =>
          port.compareAndSet(nextEdgeConfig(first, { weightPercent: i + 1 }, writer), {
            idempotencyKey: writer,
          }),
        ),
      );
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      assert.equal(won.length, 1);
      for (const outcome of outcomes) if (outcome.status === 'rejected') assert.ok(isReread(outcome.reason));
      assert.deepEqual(await port.read(), won[0]?.value);
    });

    rule('a cancelled call is a cancellation, not a vendor’s failure', async ({ port }) => {
      await assert.rejects(port.read(AbortSignal.abort()), (error) => !(error instanceof ProviderError));
    });
  });
}

function isReread(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === 'reread';
}
