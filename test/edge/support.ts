/** An edge under test: tiny Node origins in two colors behind the real Worker on workerd, two regions. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Color } from '../../src/domain/color.ts';
import { nextEdgeConfig, type EdgeConfig, type EdgeConfigPatch } from '../../src/domain/edge-config.ts';
import { signPin, type Pin } from '../../src/domain/pin.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { startLocalEdge, type LocalEdge, type LocalEdgeOptions } from '../../src/edge/local/local-edge.ts';
import { firstConfig } from '../../src/conformance/store.ts';

export const ADMIN_TOKEN = 'admin-token-of-tests';
export const PIN_SECRET = 'pin-secret-of-tests';

export interface Origin {
  readonly url: string;
  readonly seen: IncomingMessage[];
  close(): Promise<void>;
}

/** Answers with its color; some paths misbehave on purpose. */
export async function startOrigin(color: Color): Promise<Origin> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    // A request that is cut off ends its answer.
    reply(color, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function reply(color: Color, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/';
  response.setHeader('x-index-hash', `hash-${color}`);
  response.setHeader('x-instance-id', `i-${color}`);
  if (path.startsWith('/answer')) {
    response.setHeader('cache-control', path.includes('public') ? 'Public, max-age=60' : 'max-age=60');
    const vary = /vary=([\w-]+)/.exec(path)?.[1];
    if (vary !== undefined) response.setHeader('vary', vary);
  }
  if (path === '/sse' || path === '/sse-cut' || path === '/sse-slow') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': heartbeat\n\n');
    for (const word of ['one', 'two', 'three']) {
      await sleep(path === '/sse-slow' ? 150 : 30);
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: word } }] })}\n\n`);
    }
    response.end(path === '/sse-cut' ? '' : 'data: [DONE]\n\n');
    return;
  }
  if (path === '/sse-own') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('data: {"kind":"chunk","w":"one"}\n\ndata: {"kind":"oops","code":"full"}\n\n');
    return;
  }
  if (path === '/error-json') {
    const body = '{"error":{"code":"quota"}}';
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
    return;
  }
  if (path === '/ticker') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write('tick\n'), 20);
    response.once('close', () => clearInterval(timer));
    return;
  }
  if (path === '/cut' || path === '/cut-json') {
    const type = path === '/cut' ? 'text/plain' : 'application/json';
    response.writeHead(200, { 'content-type': type, 'content-length': '1000' });
    response.write('{"half":');
    await sleep(30);
    response.destroy();
    return;
  }
  if (path === '/cut-chunked') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"half":');
    await sleep(30);
    response.destroy();
    return;
  }
  if (path === '/long-json') {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let i = 0; i < 20; i += 1) response.write(`${i === 0 ? '[' : ','}"${'x'.repeat(10_000)}"`);
    response.end(']');
    return;
  }
  if (path === '/hang-up') return void response.destroy();
  if (path === '/500') response.statusCode = 500;
  if (path === '/302') {
    response.statusCode = 302;
    response.setHeader('location', '/elsewhere');
  }
  if (path === '/app-late') {
    response.statusCode = 409;
    response.setHeader('x-cutover-write', 'late');
  }
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = JSON.stringify({ color, headers: request.headers, body: Buffer.concat(parts).toString() });
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

export interface EdgeUnderTest {
  readonly edge: LocalEdge;
  readonly origins: Readonly<Record<Color, Origin>>;
  readonly logFile: string;
  /** Writes the next generation and waits until every region serves it. */
  set(patch: EdgeConfigPatch): Promise<EdgeConfig>;
  /** A request through a region (the first unless told). */
  get(path: string, init?: RequestInit & { region?: number; user?: string }): Promise<Response>;
  pin(pin: Omit<Pin, 'expMs' | 'service'>): Promise<Record<string, string>>;
  admin(route: string, init?: RequestInit & { region?: number; token?: string }): Promise<Response>;
  /** Log lines that match, once there are `count` of them. */
  lines(matches: (line: RequestLine) => boolean, count?: number): Promise<RequestLine[]>;
  close(): Promise<void>;
}

export async function startEdge(
  vars: Readonly<Record<string, string>> = {},
  options: Partial<LocalEdgeOptions> = {},
): Promise<EdgeUnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-edge-'));
  const logFile = join(dir, 'requests.ndjson');
  const origins = { blue: await startOrigin('blue'), green: await startOrigin('green') };
  const edge = await startLocalEdge({
    service: 'docs',
    regions: [
      { name: 'eu', pop: 'cdg' },
      { name: 'us', pop: 'iad' },
    ],
    origins: { blue: origins.blue.url, green: origins.green.url },
    logFile,
    adminToken: ADMIN_TOKEN,
    pinSecrets: ['next-secret', PIN_SECRET],
    allowFaults: true,
    vars: {
      WRITE_ROUTES: '/notes,/jobs',
      ENQUEUE_ROUTES: '/jobs',
      CACHE_ROUTES: '/answer',
      CONFIG_TTL_MS: '50',
      ...vars,
    },
    ...options,
  });
  const base = (region = 0) => edge.entries[region]?.url ?? '';
  let current: EdgeConfig | null = null;

  const admin: EdgeUnderTest['admin'] = (route, { region = 0, token = ADMIN_TOKEN, ...init } = {}) =>
    fetch(`${base(region)}/__cutover/${route}`, { ...init, headers: { authorization: `Bearer ${token}` } });

  async function allLines(): Promise<RequestLine[]> {
    const text = await readFile(logFile, 'utf8');
    // The last line may be half written.
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RequestLine);
  }

  return {
    edge,
    origins,
    logFile,
    async set(patch) {
      const writer = `test/${(current?.generation ?? 0) + 1}`;
      const next: EdgeConfig =
        current === null ? firstConfig('docs', { writer, ...patch }) : nextEdgeConfig(current, patch, writer);
      const answer = await admin('store', {
        method: 'PUT',
        body: JSON.stringify({ next, idempotencyKey: writer }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      await answer.body?.cancel();
      // The admin route refreshes what the region's isolate serves.
      for (let region = 0; region < edge.entries.length; region++)
        await (await admin('config', { region })).text();
      current = next;
      return next;
    },
    get(path, { region = 0, user, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (user !== undefined) headers.set('x-user-id', user);
      return fetch(base(region) + path, { ...init, headers });
    },
    async pin(pin) {
      return {
        'x-cutover-pin': await signPin({ service: 'docs', ...pin, expMs: Date.now() + 60_000 }, [PIN_SECRET]),
      };
    },
    admin,
    async lines(matches, count = 1) {
      const deadline = Date.now() + 3000;
      for (;;) {
        const found = (await allLines()).filter(matches);
        if (found.length >= count) return found;
        if (Date.now() > deadline) throw new Error(`only ${found.length} of ${count} log lines came`);
        await sleep(20);
      }
    },
    async close() {
      await edge.close();
      await Promise.all([origins.blue.close(), origins.green.close()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
