/** The newest config of a place in the Cache API, for isolates that start while the store cannot be read. */
import type { EdgeConfig } from '../domain/edge-config.ts';
import type { CacheLike } from './cloudflare-types.ts';
import { parseEdgeConfig } from './parse-config.ts';
import type { ConfigMemory } from './served-config.ts';

/** As long as a cache keeps anything, s: what it says is doubt anyway, and the newest there is. */
const LIFE_S = 31_536_000;

export function configMemory(service: string, open: () => Promise<CacheLike>): ConfigMemory {
  const url = `https://config.cutover/${encodeURIComponent(service)}`;
  async function recall(): Promise<EdgeConfig | null> {
    const found = await (await open()).match(url);
    const config = found === undefined ? null : parseEdgeConfig(await found.json());
    return typeof config === 'string' ? null : config;
  }
  return {
    recall,
    async keep(config) {
      // An isolate that reads late must not take back what another one kept.
      if (((await recall())?.generation ?? 0) > config.generation) return;
      const headers = { 'content-type': 'application/json', 'cache-control': `max-age=${LIFE_S}` };
      await (await open()).put(url, new Response(JSON.stringify(config), { headers }));
    },
  };
}
