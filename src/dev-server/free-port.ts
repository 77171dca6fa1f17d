/**
 * Loopback ports: finds free ones, and says whether somebody listens on one.
 * Invariant: the ports of one call differ from each other. Between this call and the server's bind anyone may take one,
 * so the caller must be ready to try again with others.
 */
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';

/**
 * Below what an OS hands out for port 0 and for outgoing connections (Linux from 32768, macOS and Windows from 49152): a port of
 * that range was now and then taken by a neighbour before, or between two starts of, the server it was meant for.
 */
const LOWEST = 10_000;
const HIGHEST = 32_767;
const TRIES = 100;

/** `count` TCP ports that are free on 127.0.0.1 right now. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open until the last is known, else one may be drawn twice.
  const held: { port: number; server: Server }[] = [];
  try {
    for (let tried = 0; held.length < count; tried++) {
      if (tried === count + TRIES) throw new Error(`found no free port between ${LOWEST} and ${HIGHEST}`);
      const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
      const server = await listen(port);
      if (server !== undefined) held.push({ port, server });
    }
  } finally {
    await Promise.all(held.map(({ server }) => close(server)));
  }
  return held.map(({ port }) => port);
}

/** Undefined: somebody has it. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
  });
}

/** Whether something accepts connections on this port of 127.0.0.1. */
export function portIsOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
