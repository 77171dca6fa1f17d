/** What every `FencePort` must do. Each test gets tables that the service may write to, and no fence before them. */
import assert from 'node:assert/strict';
import { ProviderError } from '../domain/errors.ts';
import type { FencePort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export interface FenceEnv extends Env {
  readonly port: FencePort;
  /** One write of the service to each table, by a connection that it had before: true where it was taken. */
  write(this: void): Promise<boolean>;
  /** All rights to the tables as the vendor tells them, as text, however it orders them. */
  rights(this: void): Promise<string>;
  /** A transaction that has written to a table and goes on. @returns ends it, so that its write is kept */
  begin?(this: void): Promise<() => Promise<void>>;
}

const at = (turn: number, step = `run/fence-${turn}`): { idempotencyKey: string; turn: number } => ({
  idempotencyKey: step,
  turn,
});

export function fencePortSuite(name: string, makeEnv: () => Promise<FenceEnv>): void {
  suite(`FencePort: ${name}`, makeEnv, ({ rule, given }) => {
    rule('says what it covers, and that nothing is in its way', async ({ port }) => {
      assert.notEqual(port.covers, '');
      assert.deepEqual(await port.check(), []);
      assert.deepEqual(await port.state(), { frozen: false, writing: [] });
    });

    rule(
      'refuses the writes of sessions that were open before, and gives them back as they were',
      async (env) => {
        const { port, write, rights } = env;
        const before = await rights();
        assert.equal(await write(), true);
        assert.deepEqual(await port.freeze(at(1)), { frozen: true, writing: [] });
        assert.equal(await write(), false);
        assert.equal((await port.state()).frozen, true);
        assert.deepEqual(await port.thaw(at(1)), { frozen: false, writing: [] });
        assert.equal(await write(), true);
        assert.equal(await rights(), before);
      },
    );

    rule('is the same fence however often it is asked for', async ({ port, write, rights }) => {
      const before = await rights();
      for (let i = 0; i < 3; i += 1) assert.equal((await port.freeze(at(1))).frozen, true);
      // The turn that should have thawed it was lost.
      assert.equal((await port.freeze(at(2))).frozen, true);
      for (let i = 0; i < 3; i += 1) assert.equal((await port.thaw(at(2))).frozen, false);
      assert.equal(await write(), true);
      assert.equal(await rights(), before);
    });

    rule('is thawed also where nothing was frozen, and no late freeze closes it again', async (env) => {
      const { port, write, rights } = env;
      const before = await rights();
      assert.equal((await port.thaw(at(5))).frozen, false);
      for (const turn of [4, 5]) {
        await assert.rejects(
          port.freeze(at(turn)),
          (error) => error instanceof ProviderError && error.kind === 'reread',
        );
        assert.equal(await write(), true);
      }
      assert.equal((await port.freeze(at(6))).frozen, true);
      // Nor does a late thaw open it.
      assert.equal((await port.thaw(at(5))).frozen, true);
      assert.equal(await write(), false);
      await port.thaw(at(6));
      assert.equal(await rights(), before);
    });

    given('begin', 'is not called frozen while something older can still write', async (env) => {
      const { port, write, begin } = env;
      const end = await begin();
      try {
        await assert.rejects(
          port.freeze(at(1)),
          (error) => error instanceof ProviderError && error.kind === 'retry',
        );
        assert.notDeepEqual((await port.state()).writing, []);
        assert.equal(await write(), false);
      } finally {
        await end();
      }
      assert.deepEqual(await port.freeze(at(1)), { frozen: true, writing: [] });
      await port.thaw(at(1));
      assert.equal(await write(), true);
    });

    rule('tells what is in the way of another freeze: one that stands', async ({ port }) => {
      await port.freeze(at(1));
      assert.ok((await port.check()).some(({ severity }) => severity === 'blocking'));
      await port.thaw(at(1));
      assert.deepEqual(await port.check(), []);
    });
  });
}
