/** Provider `router` over routers on Node, which read their config from a file each. */
import { rename, writeFile } from 'node:fs/promises';
import { routerPortSuite } from '../../src/conformance/router.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { ConfigStorePort, ProviderScope } from '../../src/ports/index.ts';
import { provider } from '../../src/providers/router/index.ts';
import { startNodeRouter } from '../edge/node/support.ts';
import { ADMIN_TOKEN } from '../edge/support.ts';

/** Whoever writes the document of `cutover router --config` into the files of all routers. */
function filesStore(files: readonly string[]): ConfigStorePort {
  let stored: EdgeConfig | null = null;
  return {
    capabilities: { fencing: 'strong', reads: 'linearizable' },
    read: async () => stored,
    async compareAndSet(next, { follows = next.generation - 1 }) {
      if ((stored?.generation ?? 0) !== follows)
        throw new ProviderError('reread', 'files', `generation ${stored?.generation ?? 0} stands`);
      stored = next;
      for (const file of files) {
        await writeFile(`${file}.new`, JSON.stringify(next));
        await rename(`${file}.new`, file);
      }
      return next;
    },
    clock: async () => Date.now(),
  };
}

routerPortSuite('router, on Node', async () => {
  const regions = ['eu', 'us'];
  const routers = await Promise.all(
    regions.map((region) => startNodeRouter({ first: null, vars: { REGION: region } })),
  );
  const entry = regions.map((region, index) => ({ region, url: routers[index]?.url ?? '' }));
  const env = { CUTOVER_ADMIN_TOKEN: ADMIN_TOKEN };
  const scope = { service: 'docs', entry, env } as unknown as ProviderScope;
  const port = provider.router?.({ use: 'router', propagationMs: 3000 }, scope, {});
  if (port === undefined) throw new Error('the provider has a router');
  return {
    port,
    store: filesStore(routers.map(({ file }) => file)),
    service: 'docs',
    regions,
    async close() {
      await Promise.all(routers.map((router) => router.close()));
    },
  };
});
