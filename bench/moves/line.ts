/** A slow line to a server on loopback, in a process of its own: `line.ts --serve <port> <latency of a call, ms>`. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { tcpProxy } from '../../test/support/tcp-proxy.ts';

export interface Line {
  readonly port: number;
  close(): void;
}

export async function lineTo(port: number, latencyMs: number): Promise<Line> {
  const far = fork(fileURLToPath(import.meta.url), ['--serve', String(port), String(latencyMs)]);
  const told = await new Promise<number>((resolve) => {
    far.once('message', (own) => resolve(own as number));
  });
  return { port: told, close: () => void far.kill() };
}

if (process.argv[2] === '--serve') {
  const proxy = await tcpProxy(Number(process.argv[3]));
  proxy.delay(Number(process.argv[4]) / 2);
  process.send?.(proxy.port);
  process.once('disconnect', () => process.exit(0));
}
