/**
 * Requests to the colors, over connections that are kept.
 *
 * Invariant: bytes pass as they are (nothing is decoded, added or cut), and a request is sent twice only when the kept connection had
 * been closed by the color before it took anything, and only when asking twice does no harm.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { COLORS, type Color } from '../../domain/color.ts';
import { bytesOf, roomIn } from './byte-stream.ts';
import { endToEnd, rawOf } from './raw-headers.ts';

/** Statuses whose answers have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** Those of them whose length would be that of no other answer either. */
const LENGTHLESS: ReadonlySet<number> = new Set([204, 205]);
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Headers of an answer may be this long, bytes. */
const MAX_HEADER_BYTES = 65_536;
const REASON = /^[\t\x20-\x7e]*$/;

export interface OriginsOptions {
  readonly urls: Readonly<Record<Color, URL>>;
  /** How long a connection to a color is kept while it is idle, ms: less than the color keeps it. */
  readonly idleMs: number;
}

/** What a color sent after `101`. */
export interface Upgraded {
  readonly socket: Socket;
  /** Bytes that came with the headers. */
  readonly head: Buffer;
}

interface Target {
  readonly agent: http.Agent;
  readonly request: typeof http.request;
  readonly url: URL;
}

export class Origins {
  readonly #targets: Readonly<Record<Color, Target>>;
  readonly #upgraded = new WeakMap<Response, Upgraded>();

  constructor({ urls, idleMs }: OriginsOptions) {
    this.#targets = Object.fromEntries(
      COLORS.map((color): [Color, Target] => {
        const { request, Agent } = urls[color].protocol === 'https:' ? https : http;
        const agent = new Agent({ keepAlive: true, timeout: idleMs, maxFreeSockets: 1024 });
        return [color, { url: urls[color], request, agent }];
      }),
    ) as Record<Color, Target>;
  }

  /** The socket behind an answer with status 101; undefined for every other. */
  upgradedOf(answer: Response): Upgraded | undefined {
    return this.#upgraded.get(answer);
  }

  /** A request whose headers still hold `upgrade` wants to go on with that protocol. */
  async send(color: Color, path: string, init: RequestInit): Promise<Response> {
    const target = this.#targets[color];
    try {
      return await this.#ask(target, path, init);
    } catch (cause) {
      const isHarmless = init.body === undefined && REPEATABLE.has(init.method ?? 'GET');
      if (!(cause instanceof StaleConnectionError) || !isHarmless) throw cause;
      return await this.#ask(target, path, init);
    }
  }

  /** Closes the connections that are idle. */
  close(): void {
    for (const { agent } of Object.values(this.#targets)) agent.destroy();
  }

  #ask({ url, request, agent }: Target, path: string, init: RequestInit): Promise<Response> {
    const given = init.headers as Headers;
    if (init.body === undefined) given.delete('content-length');
    const headers = rawOf(given);
    const upgrade = given.get('upgrade');
    headers.push('host', url.host);
    if (upgrade !== null) headers.push('connection', 'Upgrade', 'upgrade', upgrade);
    // Where the body ends is always said: Node sends that of a DELETE or OPTIONS bare otherwise, and the color takes it for a request.
    if (init.body === undefined) {
      if (!REPEATABLE.has(init.method ?? 'GET')) headers.push('content-length', '0');
    } else if (!given.has('content-length')) headers.push('transfer-encoding', 'chunked');
    const signal = init.signal ?? undefined;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const asked = request({
        agent: upgrade === null ? agent : false,
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port,
        path: url.pathname.replace(/\/$/, '') + path,
        method: init.method ?? 'GET',
        headers,
        setHost: false,
        maxHeaderSize: MAX_HEADER_BYTES,
      });
      const leave = (): void => void asked.destroy(new Error('given up'));
      signal?.addEventListener('abort', leave, { once: true });
      asked.once('close', () => signal?.removeEventListener('abort', leave));
      asked.on('error', (cause: NodeJS.ErrnoException) => {
        const isStale = asked.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
        reject(isStale ? new StaleConnectionError('the color had closed it', { cause }) : cause);
      });
      asked.once('response', (message) => {
        try {
          resolve(answerOf(message, asked.method));
        } catch (cause) {
          asked.destroy();
          reject(cause);
        }
      });
      asked.once('upgrade', (message, socket: Socket, head) => {
        const answer = new Response(null, { headers: endToEnd(message.rawHeaders) });
        // No `Response` may be made with it.
        Object.defineProperty(answer, 'status', { value: 101 });
        if (upgrade === null) socket.destroy();
        else this.#upgraded.set(answer, { socket, head });
        resolve(answer);
      });
      if (init.body instanceof ReadableStream) {
        upload(init.body as ReadableStream<Uint8Array>, asked).catch((cause: unknown) =>
          asked.destroy(cause instanceof Error ? cause : new Error(String(cause))),
        );
      } else {
        asked.end();
      }
    });
  }
}

/** A kept connection that the color had closed before it took the request. */
class StaleConnectionError extends Error {}

function answerOf(message: http.IncomingMessage, method: string): Response {
  const status = message.statusCode ?? 502;
  const headers = endToEnd(message.rawHeaders);
  // The core turns it away by its status, which no `Response` may be made with.
  if (status < 200 || status > 599) {
    message.destroy();
    return Object.defineProperty(new Response(null, { headers }), 'status', { value: status });
  }
  const isBodiless = method === 'HEAD' || BODILESS.has(status);
  if (isBodiless) message.resume();
  // A client would wait for those bytes, or take the next answer for them.
  if (LENGTHLESS.has(status)) headers.delete('content-length');
  const body = isBodiless ? null : bytesOf(message, { onCancel: () => message.destroy() });
  const reason = message.statusMessage ?? '';
  return new Response(body, { status, headers, statusText: REASON.test(reason) ? reason : '' });
}

async function upload(body: ReadableStream<Uint8Array>, to: http.ClientRequest): Promise<void> {
  const reader = body.getReader();
  const leave = (): void => void reader.cancel().catch(() => undefined);
  to.once('close', leave);
  for (;;) {
    const next = await reader.read();
    if (next.done) break;
    if (to.destroyed) return;
    if (!to.write(next.value)) await roomIn(to);
  }
  to.end();
}
