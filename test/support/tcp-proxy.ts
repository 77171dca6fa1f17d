/**
 * A proxy between a client and its server, on loopback, for what a network does: it holds answers back, loses them, and leads to
 * another server from one connection to the next.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** The server that later connections reach. */
  lead(port: number): void;
  /** From now on answers are kept. @returns lets them through */
  holdAnswers(heard: () => void): () => void;
  /** The next request that holds the word reaches the server; its answer is lost with the connection. */
  loseAnswerTo(word: string): void;
  close(): Promise<void>;
}

export async function tcpProxy(server: number): Promise<TcpProxy> {
  let upstream = server;
  let lost: string | null = null;
  let held: { heard: () => void; kept: (() => void)[] } | null = null;
  const sockets = new Set<Socket>();

  const listener = createServer((client) => {
    const peer = connect(upstream, '127.0.0.1');
    let isLost = false;
    for (const [one, other] of [
      [client, peer],
      [peer, client],
    ] as const) {
      sockets.add(one.setNoDelay());
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (lost !== null && chunk.includes(lost)) {
        lost = null;
        isLost = true;
      }
      peer.write(chunk);
    });
    peer.on('data', (chunk) => {
      if (isLost) client.destroy();
      else if (held === null) client.write(chunk);
      else {
        held.kept.push(() => client.write(chunk));
        held.heard();
      }
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    port: (listener.address() as AddressInfo).port,
    lead(port) {
      upstream = port;
    },
    holdAnswers(heard) {
      const now = { heard, kept: [] as (() => void)[] };
      held = now;
      return () => {
        held = null;
        for (const send of now.kept) send();
      };
    },
    loseAnswerTo(word) {
      lost = word;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
