/** Two real Varnish before origins of both colors. */
import type { ServerResponse } from 'node:http';
import type { CacheEnv } from '../../src/conformance/cache.ts';
import type { Color } from '../../src/domain/color.ts';
import type { CachePort } from '../../src/ports/index.ts';
import { varnishCache } from '../../src/providers/varnish/cache.ts';
import { startVarnish, type VarnishConfig, type VarnishServer } from '../support/varnish-server.ts';
import { cacheScope, KEYS, origin, type Origin } from './cache-env.ts';

export interface VarnishEnv extends CacheEnv {
  readonly nodes: readonly VarnishServer[];
  readonly open: (options?: object) => CachePort;
}

async function colored(): Promise<Readonly<Record<Color, Origin>>> {
  const one = (color: Color): Promise<Origin> =>
    origin((asked, response: ServerResponse) => {
      const isKept = (asked.url ?? '').startsWith('/answer');
      response.setHeader('cache-control', isKept ? 'public, s-maxage=300' : 'no-store').end(color);
    });
  return { blue: await one('blue'), green: await one('green') };
}

/** Users’ own, whatever the address of the node. */
const HOST = 'docs.example.com';

/** Asks as a user of the color. */
export async function asUser(
  url: string,
  color: Color,
  key: string,
): Promise<{ readonly answeredBy: Color; readonly hit: boolean; readonly ageS: number }> {
  const answer = await fetch(url + key, { headers: { 'x-color': color, host: HOST } });
  // Two ids where an earlier request filled what this one was given.
  const hit = (answer.headers.get('x-varnish') ?? '').includes(' ');
  return { answeredBy: (await answer.text()) as Color, hit, ageS: Number(answer.headers.get('age')) };
}

/** @param bends the VCL of each node */
export async function varnishEnv(
  bends: readonly VarnishConfig['bend'][] = [undefined, undefined],
  options: object = {},
): Promise<VarnishEnv> {
  const origins = await colored();
  const at = { blue: origins.blue.port, green: origins.green.port };
  const nodes: VarnishServer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all([origins.blue.close(), origins.green.close()]);
  };
  try {
    for (const bend of bends)
      nodes.push(await startVarnish({ ...at, ...(bend === undefined ? {} : { bend }) }));
  } catch (error) {
    await close();
    throw error;
  }
  const open = (more = {}): CachePort =>
    varnishCache(
      {
        use: 'varnish',
        nodes: nodes.map(({ url }) => url),
        tag: 'docs-{color}',
        probe: '/answer?q=ping',
        host: HOST,
        ...options,
        ...more,
      },
      cacheScope({ blue: origins.blue.url, green: origins.green.url }),
    );
  return {
    nodes,
    open,
    port: open(),
    keys: KEYS,
    regions: nodes.length,
    async ask(color, key) {
      const answers = await Promise.all(nodes.map(({ url }) => asUser(url, color, key)));
      return answers.map(({ answeredBy, hit }) => ({ answeredBy, hit }));
    },
    close,
  };
}
