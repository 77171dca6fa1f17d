/**
 * A proxy between a client and its server, on loopback, for what a network does: it holds answers back, loses them, cuts them, sends a
 * request twice or not at all, and leads to another server from one connection to the next.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * What becomes of a request: `lost`, the server has it and its answer is lost with the connection; `cut`, half of the answer comes before the
 * connection ends; `twice`, the server has it two times; `hang`, the server has it and nothing comes; `gone`, the server never has it, and
 * the connection ends.
 */
export const SPOILS = ['lost', 'cut', 'twice', 'hang', 'gone'] as const;
export type Spoil = (typeof SPOILS)[number];

export interface TcpProxy {
  readonly port: number;
  /** All that clients have sent so far. */
  asked(): string;
  /** The server that later connections reach. */
  lead(port: number): void;
  /** From now on answers are kept. @returns lets them through */
  holdAnswers(heard: () => void): () => void;
  /** From now on everything takes this long, in each direction. */
  delay(ms: number): void;
  /** Spoils the next request that holds the word. */
  spoil(word: string, how: Spoil): void;
  /** Throws where what was to be spoiled never came. */
  close(): Promise<void>;
}

export async function tcpProxy(server: number): Promise<TcpProxy> {
  let upstream = server;
  let next: { readonly word: string; readonly how: Spoil } | null = null;
  let held: { heard: () => void; kept: (() => void)[] } | null = null;
  let delayMs = 0;
  let asked = '';
  const sockets = new Set<Socket>();
  const slowly = (act: () => void): void => {
    if (delayMs === 0) act();
    else setTimeout(act, delayMs);
  };
  /** In its time, or when answers are let through. */
  const toClient = (act: () => void): void => {
    if (held === null) slowly(act);
    else held.kept.push(act);
  };

  const listener = createServer((client) => {
    const peer = connect(upstream, '127.0.0.1');
    let spoil: Spoil | null = null;
    for (const one of [client, peer]) {
      sockets.add(one.setNoDelay());
      one.on('error', () => undefined);
      one.on('close', () => sockets.delete(one));
    }
    client.on('close', () => peer.destroy());
    peer.on('close', () => toClient(() => client.end()));
    client.on('data', (chunk) => {
      asked += chunk.toString('latin1');
      if (next !== null && chunk.includes(next.word)) {
        spoil = next.how;
        next = null;
      }
      if (spoil === 'gone') client.destroy();
      else slowly(() => peer.write(chunk));
      if (spoil === 'twice') {
        peer.write(chunk);
        spoil = null;
      }
    });
    peer.on('data', (chunk) => {
      if (spoil === 'hang') return;
      if (spoil === 'lost') client.destroy();
      else if (spoil === 'cut') client.end(chunk.subarray(0, Math.ceil(chunk.length / 2)));
      else {
        toClient(() => client.write(chunk));
        held?.heard();
      }
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    port: (listener.address() as AddressInfo).port,
    asked: () => asked,
    lead(port) {
      upstream = port;
    },
    holdAnswers(heard) {
      const now = { heard, kept: [] as (() => void)[] };
      held = now;
      return () => {
        held = null;
        for (const act of now.kept) act();
      };
    },
    delay(ms) {
      delayMs = ms;
    },
    spoil(word, how) {
      next = { word, how };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
      // A test that meant to spoil something and has not would pass whatever it looks at.
      if (next !== null) throw new Error(`no request held ${next.word}: nothing was ${next.how}`);
    },
  };
}
