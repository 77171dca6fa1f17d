/** A HAProxy as the suite of traffic wants it. */
import type { TrafficEnv } from '../../src/conformance/traffic.ts';
import type { ProviderScope, TrafficPort } from '../../src/ports/index.ts';
import { haproxyTraffic } from '../../src/providers/haproxy/traffic.ts';
import { startHaproxy } from '../support/haproxy-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

const SCOPE = { service: 'docs', from: 'blue', to: 'green', env: {} } as unknown as ProviderScope;
export const USERS: readonly string[] = Array.from({ length: 300 }, (_, index) => `user-${index}`);

export function openTraffic(
  sockets: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
): TrafficPort {
  return haproxyTraffic({ use: 'haproxy', sockets, backend: 'docs', ...options }, SCOPE);
}

export async function haproxyEnv(): Promise<TrafficEnv> {
  const server = await startHaproxy();
  const proxy = await tcpProxy(server.admin);
  const port = openTraffic([`127.0.0.1:${server.admin}`], { sticky: true });
  /** The next write goes another way. */
  const slow = openTraffic([`127.0.0.1:${proxy.port}`], { timeoutMs: 20_000 });
  let isSlow = false;
  return {
    port: {
      ...port,
      apply(change, context) {
        const way = isSlow ? slow : port;
        isSlow = false;
        return way.apply(change, context);
      },
    },
    async moved() {
      const answers = await server.ask(USERS);
      return (answers.filter((color) => color === 'green').length / USERS.length) * 100;
    },
    restart: () => server.restart(),
    stopWriter() {
      isSlow = true;
      let release = (): void => undefined;
      const stopped = new Promise<void>((resolve) => {
        release = proxy.holdAnswers(resolve);
      });
      return { stopped, goOn: () => release() };
    },
    loseAnswer() {
      isSlow = true;
      proxy.spoil('set server', 'lost');
    },
    async close() {
      await slow.close?.();
      await proxy.close();
      await server.stop();
    },
  };
}
