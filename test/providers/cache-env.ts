/** Origins of both colors for a cache's tests: each answers every key with its own color. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CacheEnv } from '../../src/conformance/cache.ts';
import type { Color } from '../../src/domain/color.ts';
import type { ProviderScope } from '../../src/ports/index.ts';

export const KEYS: CacheEnv['keys'] = ['/answer?q=one', '/answer?q=two', '/answer?q=t%20three'];

export interface Origin {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

export async function origin(
  answer: (asked: IncomingMessage, response: ServerResponse) => void,
): Promise<Origin> {
  const server: Server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function cacheScope(
  colorUrls: Readonly<Record<Color, string>>,
  env: ProviderScope['env'] = {},
): ProviderScope {
  return { service: 'docs', from: 'blue', to: 'green', entry: [], colorUrls, env };
}
