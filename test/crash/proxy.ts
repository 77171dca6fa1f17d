/**
 * A recording HTTP proxy that can stop one call half-way: `request` holds it before the origin has seen it, `reply` after the
 * origin has acted. It is how the suite meets a switch in the middle of a write.
 * Invariants: loopback only; a held request whose client has died meanwhile is dropped like a packet that was never sent, unless
 * the hold says `late`, which delivers it all the same, as a stopped process does when it goes on.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Call {
  readonly method: string;
  readonly path: string;
  /** `<run id>/<step>` of an edge write, else empty. */
  readonly writer: string;
  /** Generation that an edge write asks for, else 0. */
  readonly generation: number;
}

/** A call that the origin has answered. */
export interface Answered extends Call {
  readonly atMs: number;
  readonly status: number;
}

export interface HoldSpec {
  readonly matches: (call: Call) => boolean;
  readonly at: 'request' | 'reply';
  /** Deliver even when the client is gone. */
  readonly late?: boolean;
}

/** One call, once: the first that matches. */
export interface Hold {
  /** Settles when a call is held. */
  readonly arrived: Promise<Call>;
  /** Settles when the held call has been answered by the origin, or was dropped. */
  readonly over: Promise<'answered' | 'dropped'>;
  release(): void;
}

export interface Proxy {
  readonly url: string;
  readonly answered: readonly Answered[];
  hold(spec: HoldSpec): Hold;
  /** While true, every connection is cut: the origin cannot be reached. */
  down: boolean;
  /** Lets everything go that is held or armed. */
  releaseAll(): void;
  close(): Promise<void>;
}

interface Armed {
  readonly spec: HoldSpec;
  arrive(call: Call): void;
  readonly released: Promise<void>;
  end(how: 'answered' | 'dropped'): void;
  readonly hold: Hold;
}

export async function startProxy(origin: string): Promise<Proxy> {
  const answered: Answered[] = [];
  const armed: Armed[] = [];
  const everArmed: Armed[] = [];

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await readAll(req);
    const call = describe(req, body);
    const index = armed.findIndex(({ spec }) => spec.matches(call));
    const held = index < 0 ? undefined : armed.splice(index, 1)[0];
    if (held?.spec.at === 'request') {
      held.arrive(call);
      await held.released;
      if (res.destroyed && held.spec.late !== true) {
        held.end('dropped');
        return;
      }
    }
    const answer = await fetch(`${origin.replace(/\/$/, '')}${call.path}`, {
      method: call.method,
      headers: forwarded(req),
      ...(body.length === 0 ? {} : { body }),
    });
    const text = await answer.text();
    answered.push({ ...call, atMs: Date.now(), status: answer.status });
    if (held?.spec.at === 'reply') {
      held.arrive(call);
      await held.released;
    }
    held?.end('answered');
    if (res.destroyed) return;
    res.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
    });
    res.end(text);
  };

  const state = { down: false };
  const server = createServer((req, res) => {
    if (state.down) {
      req.socket.destroy();
      return;
    }
    serve(req, res).catch((error: unknown) => {
      if (!res.headersSent && !res.destroyed) res.writeHead(502).end(String(error));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const releaseAll = (): void => {
    armed.length = 0;
    for (const one of everArmed) one.hold.release();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    answered,
    get down() {
      return state.down;
    },
    set down(value) {
      state.down = value;
      // A held call dies with its connection, as in a real outage.
      if (value) server.closeAllConnections();
    },
    hold: (spec) => {
      const one = arm(spec);
      armed.push(one);
      everArmed.push(one);
      return one.hold;
    },
    releaseAll,
    close: async () => {
      releaseAll();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function arm(spec: HoldSpec): Armed {
  const arrived = deferred<Call>();
  const released = deferred<void>();
  const over = deferred<'answered' | 'dropped'>();
  return {
    spec,
    arrive: arrived.resolve,
    released: released.promise,
    end: over.resolve,
    hold: { arrived: arrived.promise, over: over.promise, release: released.resolve },
  };
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function describe(req: IncomingMessage, body: Buffer): Call {
  const call = { method: req.method ?? 'GET', path: req.url ?? '/', writer: '', generation: 0 };
  if (call.method !== 'PUT') return call;
  const { next } = JSON.parse(body.toString('utf8')) as { next?: { writer?: string; generation?: number } };
  return { ...call, writer: next?.writer ?? '', generation: next?.generation ?? 0 };
}

function forwarded(req: IncomingMessage): Record<string, string> {
  const kept = ['authorization', 'content-type', 'idempotency-key', 'x-warm'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = req.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
