/**
 * What every `ConfigStorePort` must do. Each test gets a store that was never written.
 * A provider whose fencing is `weak` may take a stale write, but must let the newer generation stand.
 */
import assert from 'node:assert/strict';
import { firstConfig as first, nextEdgeConfig, type EdgeConfig } from '../domain/edge-config.ts';
import { ProviderError } from '../domain/errors.ts';
import type { ConfigStorePort } from '../ports/index.ts';
import { type Env, type StoppedWriter, assertRetry, isRefusedAsOld, suite } from './suite.ts';

export interface StoreEnv extends Env {
  readonly port: ConfigStorePort;
  /** Service of the documents that are written. */
  readonly service: string;
  /** Another port on the same store, as another worker opens it. Absent: all rules go through one port. */
  another?(): ConfigStorePort;
  /**
   * Stops the next write of `port`: `put` after it has checked and before the store has it, `read-back` when the store has it and before
   * the port reads it back; null for one that this store has not. Absent: nobody can stop a write.
   */
  stopWriter?(at: 'put' | 'read-back'): StoppedWriter | null;
  /** The store takes the next write of `port`, and the answer is lost. Absent: nobody can take an answer away. */
  loseAnswer?(): void;
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
  suite(`ConfigStorePort: ${name}`, makeEnv, ({ rule, given }) => {
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

    rule(
      'a generation that was lost may be left out, over the one that stands',
      async ({ port, service }) => {
        const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        const next = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2', 7);
        for (const follows of [0, 2, 7])
          await assert.rejects(port.compareAndSet(next, { idempotencyKey: 'run/2', follows }), isReread);
        assert.deepEqual(await port.read(), first);
        const context = { idempotencyKey: 'run/2', follows: 1 };
        for (const round of ['the first time', 'repeated'])
          assert.deepEqual(await port.compareAndSet(next, context), next, round);
        assert.deepEqual(await port.read(), next);
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

    rule('a read after another writer’s write returns that write, every time (F14)', async (env, skip) => {
      const { port, service } = env;
      if (port.capabilities.reads === 'eventual') return skip('it says so: preflight refuses such a store');
      const ports = [port, env.another?.() ?? port];
      let last = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
      for (let round = 2; round <= 12; round += 1) {
        const writer = `${round % 2 === 0 ? 'other' : 'run'}/${round}`;
        const next = nextEdgeConfig(last, { weightPercent: round }, writer);
        last = await write(ports[round % 2] ?? port, next);
        const reads = await Promise.all([...ports, ...ports].map((one) => one.read()));
        for (const read of reads) assert.deepEqual(read, last, 'or capabilities.reads is `eventual`');
      }
      for (const one of ports.slice(1)) await one.close?.();
    });

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

    rule(
      'of concurrent writers exactly one wins; with weak fencing, who stands was not refused',
      async (env) => {
        const { port, service } = env;
        const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        const outcomes = await Promise.allSettled(
          Array.from({ length: 8 }, (_, i) =>
            write(port, nextEdgeConfig(first, { weightPercent: i + 1 }, `run${i}/2`)),
          ),
        );
        const won = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') assert.ok(isReread(outcome.reason));
        const standing = await port.read();
        if (port.capabilities.fencing === 'strong') assert.deepEqual(won, [standing]);
        else
          assert.ok(
            won.some(({ writer }) => writer === standing?.writer),
            `${standing?.writer} was refused`,
          );
      },
    );

    given(
      'stopWriter',
      'a writer that was stopped in its write brings no old config back',
      async (env, skip) => {
        const { port, service } = env;
        const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        const writer = env.stopWriter('put');
        if (writer === null) return skip('the environment cannot stop a write before the store has it');
        const late = wasTold(port, nextEdgeConfig(first, { weightPercent: 50 }, 'dead/2'));
        await writer.stopped;
        const other = env.another?.() ?? port;
        const newer = await write(other, nextEdgeConfig(first, { weightPercent: 5 }, 'run/2'));
        const newest = await write(other, nextEdgeConfig(newer, { weightPercent: 7 }, 'run/3'));
        writer.goOn();
        const isTold = await late;
        if (port.capabilities.fencing === 'strong')
          assert.ok(isTold, 'the late writer must be told to reread');
        if (isTold) assert.deepEqual(await port.read(), newest);
        // A weak store took it. Then at least nobody goes on from what does not stand.
        else
          assert.ok(
            await wasTold(other, nextEdgeConfig(newest, {}, 'run/4')),
            'the newer writer must be told',
          );
        if (other !== port) await other.close?.();
      },
    );

    given(
      'stopWriter',
      'a writer that is overtaken before its read-back is told to reread',
      async (env, skip) => {
        const { port, service } = env;
        const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        const writer = env.stopWriter('read-back');
        if (writer === null) return skip('this store writes and reads back in one');
        const mine = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
        const overtaken = wasTold(port, mine);
        await writer.stopped;
        const other = env.another?.() ?? port;
        const theirs = await write(other, nextEdgeConfig(mine, { weightPercent: 50 }, 'other/3'));
        writer.goOn();
        assert.ok(await overtaken, 'what it read back was not what it wrote');
        assert.deepEqual(await port.read(), theirs);
        if (other !== port) await other.close?.();
      },
    );

    given(
      'loseAnswer',
      'a write whose answer was lost is one write when it is repeated with its key',
      async (env) => {
        const { port, service } = env;
        const first = await port.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
        const next = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
        env.loseAnswer();
        await write(port, next).catch(assertRetry);
        assert.deepEqual(await write(port, next), next);
        assert.deepEqual(await port.read(), next);
      },
    );

    rule('a cancelled call is a cancellation, not a vendor’s failure', async ({ port }) => {
      await assert.rejects(port.read(AbortSignal.abort()), (error) => !(error instanceof ProviderError));
    });
  });
}

function write(port: ConfigStorePort, next: EdgeConfig): Promise<EdgeConfig> {
  return port.compareAndSet(next, { idempotencyKey: next.writer });
}

/** Whether a writer was told that another one was first. */
function wasTold(port: ConfigStorePort, next: EdgeConfig): Promise<boolean> {
  return isRefusedAsOld(write(port, next));
}

function isReread(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === 'reread';
}
