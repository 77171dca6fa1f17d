/** Sockets without an HTTP library: origins and clients that do what no library lets them. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for an answer that closes its connection, ms. */
export const PATIENT_MS = 5000;

export interface RawOrigin {
  readonly url: string;
  close(): Promise<void>;
}

/** @param answer called once the headers of a request are in. */
export async function rawOrigin(
  answer: (path: string, socket: Socket, head: string) => void,
): Promise<RawOrigin> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    let head = '';
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('data', (data) => {
      if (head.includes('\r\n\r\n')) return;
      head += data.toString('latin1');
      if (head.includes('\r\n\r\n')) answer(head.split(' ')[1] ?? '', socket, head);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/**
 * Sends bytes and collects what comes back until the other side closes.
 * @param leaveAfterMs when it resets the connection as a killed client does; absent: it sends nothing after `bytes`.
 */
export function talk(url: string, bytes: string | Buffer, leaveAfterMs?: number): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let received = '';
    const stays = leaveAfterMs === undefined;
    const socket = connect(Number(port), hostname, () => (stays ? socket.end(bytes) : socket.write(bytes)));
    const timer = stays ? undefined : setTimeout(() => socket.resetAndDestroy(), leaveAfterMs);
    socket.on('data', (data) => {
      received += data.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
}

/** A request as text. */
export function request(path: string, headers: readonly string[] = [], method = 'GET', body = ''): string {
  return [`${method} ${path} HTTP/1.1`, 'host: edge.test', ...headers, '', body].join('\r\n');
}

/** Sends pieces with pauses between them. @returns what came back until the connection closed. */
export async function drip(url: string, pieces: readonly (string | number)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (data) => (received += data.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  for (const piece of pieces) {
    if (typeof piece === 'number') await Promise.race([sleep(piece), closed]);
    else if (!socket.destroyed) socket.write(piece, 'latin1');
  }
  const timer = setTimeout(() => socket.destroy(), PATIENT_MS);
  await closed;
  clearTimeout(timer);
  return received;
}

/** Status codes of the answers in what came back. */
export const statuses = (wire: string): string[] =>
  [...wire.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code ?? '');
