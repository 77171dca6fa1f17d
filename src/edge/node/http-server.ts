/**
 * The HTTP server in front of the router: limits, refusals that need no router, and the way out on a shutdown.
 *
 * Invariant: a request that was taken is answered or its connection is broken; nobody waits for ever. What is ambiguous in its length is
 * refused by Node's parser, which is never asked to be lenient.
 */
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ADMIN_PREFIX } from '../contract.ts';
import { send } from './answer.ts';
import { HEALTH_PATH, type Health } from './health.ts';
import type { Limits } from './limits.ts';
import type { NodeEdge } from './node-edge.ts';
import { pairs } from './raw-headers.ts';
import type { Upgraded } from './origins.ts';
import { arrivalOf, type Arrival } from './request.ts';

export interface FrontOptions {
  readonly edge: NodeEdge;
  readonly limits: Limits;
  readonly trustForwarded: boolean;
  readonly health: () => Health;
  readonly say: (text: string) => void;
}

/** Refused beyond the limit and then closed; so many more wait for their 503 at most. */
const SPARE_CONNECTIONS = 64;
/** A client has so long to read why it was refused, ms. */
const REFUSED_MS = 1000;
const RETRY_S = 1;
/** How often timeouts of connections are looked at, ms. */
const CHECK_MS = 2000;
/** An admin's request may be so long, bytes. */
const MAX_ADMIN_BYTES = 131_072;

const STATUS_OF: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

export class Front {
  readonly server: Server;
  readonly #options: FrontOptions;
  /** Answers of a connection that are not out: several where requests are sent in one piece. */
  readonly #answers = new WeakMap<Duplex, Set<ServerResponse>>();
  #isLeaving = false;
  #refused = 0;

  constructor(options: FrontOptions) {
    const { limits } = options;
    this.#options = options;
    this.server = createServer({
      maxHeaderSize: limits.maxHeaderBytes,
      keepAliveTimeout: limits.keepAliveMs,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: CHECK_MS,
      insecureHTTPParser: false,
      requireHostHeader: true,
      noDelay: true,
    });
    // Bounded by their bytes; with a number Node would drop the ones beyond it silently.
    this.server.maxHeadersCount = 0;
    this.server.maxConnections = limits.maxConnections + SPARE_CONNECTIONS;
    const open = new Set<Socket>();
    this.server.on('connection', (socket) => {
      if (open.has(socket)) return;
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      if (open.size > limits.maxConnections) this.#turnAway(socket);
    });
    this.server.on('request', (message, out) => void this.#answer(message, out));
    this.server.on('checkContinue', (message, out) => void this.#answer(message, out));
    this.server.on('checkExpectation', (_message, out) => refuse(out, 417, 'only 100-continue is known'));
    this.server.on('upgrade', (message, socket, head) => {
      if (!socket.writable) return;
      if (isWebSocket(message)) void this.#upgrade(message, { socket: socket as Socket, head });
      else this.#stay(message, { socket: socket as Socket, head });
    });
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const status = STATUS_OF[error.code ?? ''] ?? '400 Bad Request';
      // A client would take our bytes for the rest of an answer that is on its way.
      const isAnswering = [...(this.#answers.get(socket) ?? [])].some((out) => out.headersSent);
      if (isAnswering || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
      else socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    });
  }

  /** From now on each answer closes its connection. */
  leave(): void {
    this.#isLeaving = true;
  }

  #turnAway(socket: Socket): void {
    this.#refused += 1;
    if (this.#refused === 1) {
      setTimeout(() => {
        this.#options.say(`${this.#refused} connections refused: --max-connections is reached`);
        this.#refused = 0;
      }, 1000).unref();
    }
    socket.on('error', () => undefined);
    socket.end(
      `HTTP/1.1 503 Service Unavailable\r\nretry-after: ${RETRY_S}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    );
    setTimeout(() => socket.destroy(), REFUSED_MS).unref();
  }

  async #answer(message: IncomingMessage, out: ServerResponse): Promise<void> {
    // It was refused already, with its connection: its client sends it again elsewhere.
    if (!message.socket.writable) return;
    const answers = this.#answers.get(message.socket) ?? new Set();
    this.#answers.set(message.socket, answers.add(out));
    out.once('close', () => answers.delete(out));
    try {
      if (this.#isLeaving) out.setHeader('connection', 'close');
      if (message.url === HEALTH_PATH) return tellHealth(out, this.#options.health());
      const { trustForwarded } = this.#options;
      const arrival = arrivalOf(message, out, { trustForwarded, isUpgrade: false });
      if ('why' in arrival) return refuse(out, arrival.status, arrival.why);
      out.once('close', () => {
        if (!out.writableFinished) arrival.gone.abort();
      });
      const answer = await (isOwn(arrival)
        ? this.#admin(arrival)
        : this.#options.edge.route(arrival.request));
      if (arrival.isUnread()) out.setHeader('connection', 'close');
      await send(answer, out);
    } catch (cause) {
      this.#options.say(`a request could not be answered: ${String(cause)}`);
      out.destroy();
    }
  }

  async #admin({ request }: Arrival): Promise<Response> {
    const { url, method, headers, body } = request;
    if (Number(headers.get('content-length') ?? 0) > MAX_ADMIN_BYTES) {
      return Response.json({ error: `at most ${MAX_ADMIN_BYTES} bytes` }, { status: 413 });
    }
    const isRead = method === 'GET' || method === 'HEAD' || body === null;
    return await this.#options.edge.admin(
      new Request(url, { method, headers, ...(isRead ? {} : { body, duplex: 'half' }) }),
    );
  }

  async #upgrade(message: IncomingMessage, client: Upgraded): Promise<void> {
    const { socket } = client;
    const { edge, trustForwarded } = this.#options;
    socket.on('error', () => undefined);
    const out = new ServerResponse(message);
    out.shouldKeepAlive = false;
    out.assignSocket(socket);
    out.once('finish', () => socket.destroySoon());
    try {
      const arrival = arrivalOf(message, out, { trustForwarded, isUpgrade: true });
      if ('why' in arrival) return refuse(out, arrival.status, arrival.why);
      if (isOwn(arrival)) return await send(await this.#admin(arrival), out);
      const leave = (): void => arrival.gone.abort();
      socket.once('close', leave);
      const answer = await edge.route(arrival.request);
      if (answer.status !== 101) return await send(answer, out);
      socket.off('close', leave);
      out.detachSocket(socket);
      const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines}\r\n`,
        'latin1',
      );
      edge.join(answer, client);
    } catch (cause) {
      this.#options.say(`a WebSocket could not be opened: ${String(cause)}`);
      socket.destroy();
    }
  }

  /**
   * Another protocol is offered (Java’s client offers HTTP/2 with each first request) and may be ignored. Node has stopped parsing, so
   * the same request is given to it once more, without the offer.
   */
  #stay({ method, url, rawHeaders }: IncomingMessage, { socket, head }: Upgraded): void {
    const lines = [`${method} ${url} HTTP/1.1`];
    for (const [name, value] of pairs(rawHeaders)) {
      if (!OFFER.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
    }
    socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
    this.server.emit('connection', socket);
  }
}

/** What a client says by which protocol it could go on. */
const OFFER: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings']);

/** The router's own routes, which no color ever sees. */
function isOwn({ request }: Arrival): boolean {
  return new URL(request.url).pathname.startsWith(ADMIN_PREFIX);
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

function tellHealth(out: ServerResponse, { isGood, word }: Health): void {
  out.writeHead(isGood ? 200 : 503, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
  out.end(`${word}\n`);
}

function refuse(out: ServerResponse, status: number, why: string): void {
  out.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  out.end(JSON.stringify({ error: 'refused', message: why }));
}
