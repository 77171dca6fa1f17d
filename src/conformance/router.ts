/** What every `RouterPort` must do, over a store that was never written. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextEdgeConfig } from '../domain/edge-config.ts';
import type { ConfigStorePort, RegionObservation, RouterPort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';
import { firstConfig } from './store.ts';

export interface RouterEnv extends Env {
  readonly port: RouterPort;
  /** Where its routers read. */
  readonly store: ConfigStorePort;
  readonly service: string;
  /** Names of the regions that it must report. */
  readonly regions: readonly string[];
}

export function routerPortSuite(name: string, makeEnv: () => Promise<RouterEnv>): void {
  suite(`RouterPort: ${name}`, makeEnv, ({ rule }) => {
    rule('reports every region, at generation 0 before the first write', async ({ port, regions }) => {
      const seen = await port.observe();
      assert.deepEqual(seen.map(({ region }) => region).toSorted(), [...regions].toSorted());
      assert.ok(
        seen.every(({ generation }) => generation === 0),
        JSON.stringify(seen),
      );
    });

    rule('every region comes to report the generation, the weight and its writer', async (env) => {
      const { port, store, service } = env;
      const first = await store.compareAndSet(firstConfig(service), { idempotencyKey: 'run/1' });
      const next = nextEdgeConfig(first, { weightPercent: 25 }, 'run/2');
      await store.compareAndSet(next, { idempotencyKey: 'run/2' });
      const isSo = ({ generation, weightPercent, error, writer = 'run/2' }: RegionObservation): boolean =>
        generation === 2 && weightPercent === 25 && error === null && writer === 'run/2';
      const deadline = Date.now() + port.capabilities.propagation.maxMs;
      for (;;) {
        const seen = await port.observe();
        if (seen.every(isSo)) return;
        assert.ok(Date.now() < deadline, JSON.stringify(seen));
        await sleep(50);
      }
    });

    rule('can do at least one topology', async ({ port }) => {
      assert.ok(port.capabilities.topologies.length > 0);
    });
  });
}
