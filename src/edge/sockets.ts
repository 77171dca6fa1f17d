/**
 * WebSockets through the router: copied message by message, so that their end is seen, and closed when their user belongs
 * to the other color.
 *
 * Invariant: an open socket is counted until both its ends are closed; a socket never outlives a change of its user's
 * color by more than the grace.
 */
import { COLORS, type Color } from '../domain/color.ts';

/** How often an open socket asks where its user belongs, ms. */
const LOOK_MS = 1000;
/** "Service restart": clients that know it reconnect, and land on the other color. */
export const MOVED = { code: 1012, reason: 'moved to another release' } as const;
/** What the runtime reports and nobody may send. */
const UNSENDABLE: ReadonlySet<number> = new Set([1004, 1005, 1006, 1015]);

/** The part of a runtime's WebSocket that is needed. */
export interface SocketLike {
  accept(): void;
  send(data: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: string | ArrayBuffer }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
  addEventListener(type: 'error', listener: () => void): void;
}

export interface SocketEnd {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Error class, or null. */
  readonly error: string | null;
}

export interface SocketWatch {
  readonly color: Color;
  /** Asks whether the socket's user belongs to the other color now. */
  readonly moved: () => Promise<boolean>;
  readonly onEnd: (end: SocketEnd) => void;
}

export class Sockets {
  readonly #open: Record<Color, number> = { blue: 0, green: 0 };
  readonly #graceMs: number;

  /** @param graceMs how long a socket may stay on a color after its user has left it, ms. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Sockets that are open in this isolate now. */
  get open(): Readonly<Record<Color, number>> {
    return Object.fromEntries(COLORS.map((color) => [color, this.#open[color]])) as Record<Color, number>;
  }

  /**
   * Counts a socket until its end, and has it closed once its user belongs to the other color.
   * @param move closes both its ends with `MOVED`
   * @returns what is to be called at its end; a second call is ignored.
   */
  hold(watch: SocketWatch, move: () => void): (end: SocketEnd) => void {
    let movedSinceMs: number | null = null;
    let ended = false;
    this.#open[watch.color]++;
    const timer = setInterval(() => {
      void watch.moved().then((moved) => {
        if (!moved) movedSinceMs = null;
        else if (!ended && Date.now() - (movedSinceMs ??= Date.now()) >= this.#graceMs) move();
      });
    }, LOOK_MS);
    return (end) => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      this.#open[watch.color]--;
      watch.onEnd(end);
    };
  }

  /** Joins the two ends and watches them until they close. */
  join(client: SocketLike, origin: SocketLike, watch: SocketWatch): void {
    let [bytesIn, bytesOut] = [0, 0];
    const finish = this.hold(watch, () => {
      for (const side of [client, origin]) close(side, MOVED.code, MOVED.reason);
      end(null);
    });
    const end = (error: string | null): void => finish({ bytesIn, bytesOut, error });
    client.addEventListener('message', ({ data }) => {
      bytesIn += sizeOf(data);
      origin.send(data);
    });
    origin.addEventListener('message', ({ data }) => {
      bytesOut += sizeOf(data);
      client.send(data);
    });
    client.addEventListener('close', ({ code, reason }) => {
      close(origin, code, reason);
      end(null);
    });
    origin.addEventListener('close', ({ code, reason }) => {
      close(client, code, reason);
      // 1006: it ended without saying so.
      end(code === 1006 ? 'body:truncated_stream' : null);
    });
    client.addEventListener('error', () => {
      close(origin, 1001, 'the client is gone');
      end('client:closed');
    });
    origin.addEventListener('error', () => {
      close(client, 1011, 'the service broke off');
      end('body:truncated_stream');
    });
    client.accept();
    origin.accept();
  }
}

function close(side: SocketLike, code: number, reason: string): void {
  try {
    if (UNSENDABLE.has(code)) side.close();
    else side.close(code, reason);
  } catch {
    // It was closed already.
  }
}

function sizeOf(data: string | ArrayBuffer): number {
  return typeof data === 'string' ? new TextEncoder().encode(data).byteLength : data.byteLength;
}
