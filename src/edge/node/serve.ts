/**
 * One process of the router: from its options to a port that is open, and back.
 *
 * Invariant: on the way out the health route fails first and new connections are refused last, so that a balancer has stopped sending
 * before anybody is turned away; what is under way is finished, within a limit.
 */
import type { AddressInfo } from 'node:net';
import { inTime } from '../../in-time.ts';
import { healthOf } from './health.ts';
import { Front } from './http-server.ts';
import type { Limits } from './limits.ts';
import type { NodeEdge } from './node-edge.ts';
import type { ConfigPoll } from './config-poll.ts';

export interface ServeOptions {
  readonly edge: NodeEdge;
  readonly config: ConfigPoll;
  readonly limits: Limits;
  readonly trustForwarded: boolean;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** How long the health route fails before the port is closed, ms. */
  readonly drainDelayMs: number;
  /** How long requests that are under way may still take after that, ms. */
  readonly drainLimitMs: number;
  /** Of the process, for people: stderr. */
  readonly say: (text: string) => void;
}

export interface Serving {
  readonly host: string;
  readonly port: number;
  /** Drains and closes; a second call waits for the first. */
  stop(): Promise<void>;
}

/** How often connections that have become idle are closed on the way out, ms. */
const SWEEP_MS = 100;

/** @throws the error of `listen`: the port is taken, or not allowed. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { edge, config, limits, trustForwarded, say } = options;
  let isLeaving = false;
  const health = () => healthOf(config.peek(), isLeaving);
  const front = new Front({ edge, limits, trustForwarded, health, say });
  await config.start();
  const { server } = front;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  server.on('error', (error) => say(`server: ${error.message}`));
  const { address, port } = server.address() as AddressInfo;

  async function drain(): Promise<void> {
    isLeaving = true;
    front.leave();
    say(`draining: the health route fails, the port closes in ${options.drainDelayMs} ms`);
    await pause(options.drainDelayMs);
    const untilMs = performance.now() + options.drainLimitMs;
    const isClosed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    edge.sockets.leaveAll();
    // A connection that was busy until now is idle after its answer.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    const isInTime = (await inTime(isClosed, options.drainLimitMs)).kind === 'done';
    clearInterval(sweep);
    if (!isInTime) {
      say(`draining: requests still open after ${options.drainLimitMs} ms were broken off`);
      server.closeAllConnections();
    }
    const isOut = await edge.settle(Math.max(1000, untilMs - performance.now()));
    if (!isOut) say('draining: some request lines were taken by nobody and are lost');
    edge.close();
  }

  let stopping: Promise<void> | null = null;
  return { host: address, port, stop: () => (stopping ??= drain()) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
