/** Every way in which a network spoils a write, between a store and its server: what was asked for happens, and happens once. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { ConfigStorePort } from '../../src/ports/index.ts';
import { write } from './store-calls.ts';
import { SPOILS, type TcpProxy } from './tcp-proxy.ts';

export interface Spoilable {
  /** Through the proxy, with a short time for a call. */
  readonly store: ConfigStorePort;
  readonly proxy: TcpProxy;
  /** In every write and in nothing else. */
  readonly word: string;
}

export function survivesSpoiledWrites(make: (t: TestContext) => Promise<Spoilable>): void {
  for (const how of SPOILS) {
    void it(`a write whose request or answer is ${how} is one write in the end`, async (t) => {
      const { store, proxy, word } = await make(t);
      const first = await write(store, firstConfig('docs'));
      const second = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
      proxy.spoil(word, how);
      const tried = await write(store, second).catch((error: unknown) => error);
      if (tried instanceof Error) {
        assert.ok(tried instanceof ProviderError && tried.kind === 'retry', String(tried));
        assert.deepEqual(await write(store, second), second);
      } else assert.deepEqual(tried, second);
      const third = nextEdgeConfig(second, { weightPercent: 7 }, 'run/3');
      assert.deepEqual(await write(store, third), third);
      assert.deepEqual(await store.read(), third);
    });
  }
}
