/** A store whose next writer is a process of its own, stopped by the system between its connecting and its writing. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StoppedWriter } from '../../src/conformance/suite.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { ConfigStorePort } from '../../src/ports/index.ts';
import type { Order, Outcome } from './store-writer-child.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** A process that makes one write. */
export const CHILD = fileURLToPath(new URL('store-writer-child.ts', import.meta.url));

/**
 * @param of how the child opens the same store, through the proxy. Its connection must begin with an answer that it waits for, such as
 *   that to a password.
 */
export function stoppable(
  port: ConfigStorePort,
  of: Omit<Order, 'next'>,
  proxy: TcpProxy,
): {
  readonly port: ConfigStorePort;
  readonly stopWriter: (at: 'put' | 'read-back') => StoppedWriter | null;
} {
  let stopAt: { stopped: () => void; goOn: Promise<void> } | null = null;
  return {
    port: {
      ...port,
      async compareAndSet(next, context) {
        const stop = stopAt;
        stopAt = null;
        return stop === null ? port.compareAndSet(next, context) : writeInChild({ ...of, next }, stop, proxy);
      },
    },
    stopWriter(at) {
      // The stores asked here write and read back in one.
      if (at === 'read-back') return null;
      const [stopped, goOn] = [deferred(), deferred()];
      stopAt = { stopped: stopped.resolve, goOn: goOn.promise };
      return { stopped: stopped.promise, goOn: goOn.resolve };
    },
  };
}

async function writeInChild(
  order: Order,
  stop: { stopped: () => void; goOn: Promise<void> },
  proxy: TcpProxy,
): Promise<EdgeConfig> {
  const child = fork(CHILD, { execArgv: ['--import', 'tsx'] });
  const release = proxy.holdAnswers(() => {
    child.kill('SIGSTOP');
    stop.stopped();
  });
  const said = once(child, 'message') as Promise<[Outcome]>;
  const ended = once(child, 'exit');
  child.send(order);
  await stop.goOn;
  release();
  child.kill('SIGCONT');
  const [outcome] = await Promise.race([
    said,
    ended.then(() => Promise.reject(new Error('it ended silently'))),
  ]);
  await ended;
  if ('written' in outcome) return outcome.written;
  if (outcome.kind === null) throw new Error(outcome.message);
  throw new ProviderError(outcome.kind, order.ref.use, outcome.message);
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
