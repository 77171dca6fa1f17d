/**
 * A WebSocket through the router on Node: the bytes of both ends passed on, and both ends closed when the router says so.
 *
 * Invariant: a closing frame of the router stands between two frames, never inside of one.
 */
import type { Socket } from 'node:net';
import { MOVED, type Sockets, type SocketWatch } from '../sockets.ts';
import { closeFrame, FrameScanner } from './frames.ts';
import type { Upgraded } from './origins.ts';

/** "Going away": the process ends. */
const LEAVING = { code: 1001, reason: 'the router is going away' } as const;
/** A client that lost its power sends nothing, and an idle socket asks for nothing: after this the system asks, ms. */
const ALIVE_MS = 60_000;
/** How long both ends have to close after they were told to, ms. */
const CLOSING_MS = 1000;

type Closing = typeof MOVED | typeof LEAVING;

/** The sockets of one process. */
export class JoinedSockets {
  readonly #sockets: Sockets;
  readonly #leave = new Set<() => void>();
  #isLeaving = false;

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  get size(): number {
    return this.#leave.size;
  }

  /** Tells every socket that the process ends, also those whose color answers later. */
  leaveAll(): void {
    this.#isLeaving = true;
    for (const leave of this.#leave) leave();
  }

  join(client: Upgraded, origin: Upgraded, watch: SocketWatch): void {
    const inward = new Direction(client, origin.socket, true);
    const outward = new Direction(origin, client.socket, false);
    const close = (why: Closing): void => {
      for (const direction of [inward, outward]) direction.close(why);
      setTimeout(() => {
        for (const { socket } of [client, origin]) socket.destroy();
      }, CLOSING_MS).unref();
      end(null);
    };
    const finish = this.#sockets.hold(watch, () => close(MOVED));
    const leave = (): void => close(LEAVING);
    const end = (error: string | null): void => {
      this.#leave.delete(leave);
      finish({ bytesIn: inward.payloadBytes, bytesOut: outward.payloadBytes, error });
    };
    const hasClosed = (): boolean => inward.hasClosed || outward.hasClosed;
    this.#leave.add(leave);
    for (const { socket } of [client, origin]) socket.on('error', () => undefined);
    client.socket.once('close', () => {
      end(hasClosed() ? null : 'client:closed');
      origin.socket.destroySoon();
    });
    origin.socket.once('close', () => {
      end(hasClosed() ? null : 'body:truncated_stream');
      client.socket.destroySoon();
    });
    inward.start();
    outward.start();
    if (this.#isLeaving) leave();
  }
}

/** One direction of a socket. */
class Direction {
  readonly #from: Upgraded;
  readonly #to: Socket;
  readonly #isMasked: boolean;
  readonly #frames = new FrameScanner();
  #closing: Closing | null = null;
  #isClosed = false;

  constructor(from: Upgraded, to: Socket, isMasked: boolean) {
    this.#from = from;
    this.#to = to;
    this.#isMasked = isMasked;
  }

  get payloadBytes(): number {
    return this.#frames.payloadBytes;
  }

  get hasClosed(): boolean {
    return this.#frames.hasClosed;
  }

  start(): void {
    const { socket, head } = this.#from;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, ALIVE_MS);
    this.#to.on('drain', () => socket.resume());
    socket.on('data', (chunk: Buffer) => this.#pass(chunk));
    socket.once('end', () => this.#to.end());
    if (head.length > 0) this.#pass(head);
  }

  /** Writes a closing frame as soon as the last frame is whole; nothing passes after it. */
  close(why: Closing): void {
    this.#closing ??= why;
    if (this.#isClosed || !this.#frames.isBetweenFrames) return;
    this.#isClosed = true;
    if (this.#to.writable)
      this.#to.write(closeFrame(this.#closing.code, this.#closing.reason, this.#isMasked));
  }

  #pass(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#frames.push(chunk);
    if (this.#to.writable && !this.#to.write(chunk)) this.#from.socket.pause();
    if (this.#closing !== null) this.close(this.#closing);
  }
}
