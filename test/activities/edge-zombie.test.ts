/** A worker that was stopped in a rollback's write and goes on in the next switch: it must lose, and say so. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ActivityNotFoundError } from '@temporalio/client';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { ADMIN_TOKEN, startEdge } from '../edge/support.ts';
import { clientThat, RUN, STARTED_MS, ScriptedStore, workerOver } from './edge/scripted-store.ts';

const CHILD = fileURLToPath(new URL('edge/zombie-child.ts', import.meta.url));
const BACK = { step: 'rollback', patch: { weightPercent: 0 }, force: true } as const;
const RAMP = { step: 'ramp-25', expected: 4, patch: { weightPercent: 25 }, seenWithinMs: 300 } as const;

void describe('a stopped worker that goes on during the next switch (F3)', () => {
  for (const [server, ends] of [
    ['gave-up', 'Zombie'],
    // The worst case: nobody has missed it yet, so that only the store stands between it and the next switch.
    ['unaware', 'Overtaken'],
  ] as const) {
    void it(`changes nothing where the server ${server === 'gave-up' ? 'has given its task away' : 'knows nothing of it'}`, async () => {
      const edge = await startEdge();
      try {
        await edge.set({ weightPercent: 10, switchStartedMs: STARTED_MS });
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', CHILD, edge.edge.adminUrl, ADMIN_TOKEN, server],
          { stdio: ['pipe', 'pipe', 'inherit'] },
        );
        const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
        assert.equal((await lines.next()).value, 'read');
        child.kill('SIGSTOP');
        const later = await edge.set({ weightPercent: 5, switchStartedMs: STARTED_MS + 1 });
        await sleep(700);
        child.kill('SIGCONT');
        child.stdin.write('go on\n');
        assert.equal((await lines.next()).value, ends);
        if (child.exitCode === null) await once(child, 'exit');
        const { stored } = (await (await edge.admin('store')).json()) as { stored: EdgeConfig };
        assert.deepEqual(stored, later);
      } finally {
        await edge.close();
      }
    });
  }
});

void describe('an attempt that may have missed a heartbeat asks the server right before it writes (F3)', () => {
  const writes = { forward: ['writeEdge', RAMP], back: ['restoreTraffic', BACK] } as const;

  for (const [way, [name, input]] of Object.entries(writes)) {
    const stopped = (answers: () => void, stopMs: number) => {
      const store = new ScriptedStore();
      const now = performance.now.bind(performance);
      let stoppedMs = 0;
      // Between the read and the write: where a stop does harm.
      store.afterRead = () => (stoppedMs = stopMs);
      performance.now = () => now() + stoppedMs;
      const run = workerOver(store, { client: clientThat(answers), maxAttempts: 1 });
      const ended = run(name, input as never).finally(() => (performance.now = now));
      return { store, ended };
    };
    const isWritten = (store: ScriptedStore): boolean => store.stored?.writer === `${RUN}/${input.step}`;

    void it(`${way}: given up means not written`, async () => {
      const gone = (): never => {
        throw new ActivityNotFoundError('no such attempt');
      };
      const { store, ended } = stopped(gone, 60_000);
      assert.equal((await ended).failure?.type, 'Zombie');
      assert.equal(isWritten(store), false);
    });

    void it(`${way}: a server that cannot be asked means not written, and tried again`, async () => {
      const away = (): never => {
        throw new Error('connect refused');
      };
      const { store, ended } = stopped(away, 60_000);
      assert.equal((await ended).failure?.type, 'Retry');
      assert.equal(isWritten(store), false);
    });

    void it(`${way}: still wanted means written`, async () => {
      const { store, ended } = stopped(() => undefined, 60_000);
      assert.equal((await ended).failure, null);
      assert.equal(isWritten(store), true);
    });

    void it(`${way}: an attempt that cannot have missed one costs no question`, async () => {
      const { store, ended } = stopped(() => assert.fail('asked'), 1000);
      assert.equal((await ended).failure, null);
      assert.equal(isWritten(store), true);
    });
  }

  void it('a cancelled attempt writes nothing', async () => {
    for (const [name, input] of Object.values(writes)) {
      const store = new ScriptedStore();
      const run = workerOver(store, { signalBefore: (env) => (store.afterRead = () => env.cancel()) });
      await assert.rejects(run(name, input as never));
      assert.equal(store.stored?.generation, 4);
    }
  });
});
