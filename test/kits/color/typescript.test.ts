/** The TypeScript stub by its table, through each adapter and a real server in front of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import express from 'express';
import { Hono } from 'hono';
import {
  expressColor,
  fetchColor,
  honoColor,
  lambdaColor,
  makeColor,
  nextColor,
  type Color,
} from '../../../kits/color/typescript/color.ts';
import { runCases, type Served, type Settings } from './cases.ts';

type Handler = (request: Request) => Response | Promise<Response>;

/** The service behind the stub, as the table wants it. */
function makeService(): { handler: Handler } {
  let go: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const handler: Handler = ({ method, url }) => {
    const path = new URL(url).pathname;
    if (path === '/go') go();
    const headers: Record<string, string> = { 'x-app': '1' };
    if (path === '/labelled') headers['x-index-hash'] = 'own';
    if (path === '/stream') return new Response(slowly(gone), { headers });
    const body = method === 'HEAD' ? null : `app ${method} ${path}`;
    return new Response(body, { status: path === '/missing' ? 404 : 200, headers });
  };
  return { handler };
}

function slowly(gone: Promise<void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(Buffer.from('one\n'));
      await gone;
      controller.enqueue(Buffer.from('two\n'));
      controller.close();
    },
  });
}

function listenerOf(handler: Handler): RequestListener {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const { method = 'GET', url = '/' } = request;
    const answer = await handler(new Request(`http://127.0.0.1${url}`, { method, headers }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const piece of answer.body ?? []) response.write(piece);
    response.end();
  };
  return (request, response) => void serve(request, response);
}

const ADAPTERS: Readonly<Record<string, (color: Color, service: Handler) => RequestListener>> = {
  fetch: (color, service) => listenerOf(fetchColor(color, service)),
  hono: (color, service) => {
    const app = new Hono();
    app.use(honoColor(color));
    app.all('*', (context) => service(context.req.raw));
    return listenerOf((request) => app.fetch(request));
  },
  express: (color, service) => {
    const app = express();
    app.use(expressColor(color));
    app.use((request, response) => listenerOf(service)(request, response));
    return app;
  },
  next: (color, service) => {
    const routes: Readonly<Record<string, Handler>> = nextColor(color);
    const others = fetchColor(color, service);
    return listenerOf((request) => {
      const isRoute = /^\/\.well-known\/cutover(?:\/|$)/.test(new URL(request.url).pathname);
      const route = isRoute ? routes[request.method] : others;
      return route?.(request) ?? new Response(null, { status: 405 });
    });
  },
  'lambda events of version 1': (color, service) => throughLambda(color, service, 1),
  'lambda events of version 2': (color, service) => throughLambda(color, service, 2),
};

interface Event {
  readonly httpMethod?: string;
  readonly path?: string;
  readonly rawPath?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: { readonly stage: string; readonly http?: { readonly method: string } };
}

interface Result {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function throughLambda(color: Color, service: Handler, version: 1 | 2): RequestListener {
  const handler = lambdaColor(color, async (event: Event): Promise<Result> => {
    const method = event.httpMethod ?? event.requestContext.http?.method ?? '';
    const path = event.path ?? event.rawPath?.replace(/^\/prod/, '') ?? '/';
    const answer = await service(new Request(`http://127.0.0.1${path}`, { method }));
    return {
      statusCode: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: await answer.text(),
    };
  });
  return listenerOf(async (request) => {
    const { method } = request;
    const path = new URL(request.url).pathname;
    const headers = Object.fromEntries(request.headers);
    const event: Event =
      version === 1
        ? { httpMethod: method, path, headers, requestContext: { stage: 'prod' } }
        : { rawPath: `/prod${path}`, headers, requestContext: { stage: 'prod', http: { method } } };
    const { statusCode, headers: said, body } = (await handler(event, null)) as Result;
    return new Response(method === 'HEAD' ? null : body, { status: statusCode, headers: said });
  });
}

const HEALTH = {
  none: undefined,
  fine: () => ({ capacity: { ready: 2, max: 10 } }),
  liar: () => ({ capacity: { ready: 2, max: 10 }, service: 'x', color: 'green', release: 'x', index: {} }),
  sick: async () => Promise.resolve({ ok: false }),
  throws: () => {
    throw new Error('no');
  },
};
const WARM = { none: undefined, silent: () => undefined, warm: async () => false, cold: () => true };

for (const [name, adapt] of Object.entries(ADAPTERS)) {
  const open = async (_: number, settings: Settings): Promise<Served> => {
    let retired = 0;
    const { health, warm, retire, token, ...rest } = settings;
    const does = { health: HEALTH[health], warm: WARM[warm] };
    const color = makeColor({
      ...rest,
      ...(token === null ? {} : { token }),
      ...(does.health === undefined ? {} : { health: does.health }),
      ...(does.warm === undefined ? {} : { warm: does.warm }),
      ...(retire === 'none' ? {} : { retire: () => ((retired += 1), 'scaled to 0') }),
    });
    const server = createServer(adapt(color, makeService().handler));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      retired: () => retired,
      close: async () => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    };
  };
  runCases(name, open, (step) => {
    // A function's answer is whole before it is sent.
    if (step.stream === true && name.startsWith('lambda')) return null;
    // A route of Next.js has its folder for itself.
    const isOthers = step.path.startsWith('/.well-known/cutover/') && step.expect.from === 'app';
    return name === 'next' && isOthers ? { status: 404, from: 'color' } : step.expect;
  });
}

const before_ = process.env['CUTOVER_COLOR_TOKEN'];
before(() => delete process.env['CUTOVER_COLOR_TOKEN']);
after(() => {
  if (before_ !== undefined) process.env['CUTOVER_COLOR_TOKEN'] = before_;
});

const OPTIONS = {
  service: 'docs',
  color: 'blue',
  release: 'r41',
  index: { name: 'i', INDEX_HASH: 'h', metric: 'm', analyzer: 'a', embedModel: 'e', reranker: 'r' },
  retire: () => 'done',
} as const;

it('reads the token from the environment when none is given', async () => {
  process.env['CUTOVER_COLOR_TOKEN'] = 'from-env';
  const color = makeColor(OPTIONS);
  const post = async (token: string): Promise<number | undefined> =>
    (
      await color.answer({
        method: 'POST',
        url: '/.well-known/cutover/retire',
        headers: new Headers({ authorization: `Bearer ${token}` }),
      })
    )?.status;
  assert.deepEqual([await post('from-env'), await post('undefined')], [202, 401]);
});

it('hands events that are no requests to the function as they are', async () => {
  const event = { Records: [{ body: '1' }] };
  const handler = lambdaColor(makeColor(OPTIONS), (given: unknown, context: unknown) => [given, context]);
  assert.deepEqual(await handler(event, 7), [event, 7]);
});

it('labels answers whose headers cannot be changed', async () => {
  const color = makeColor(OPTIONS);
  const redirect: Handler = () => Response.redirect('http://other.test/', 302);
  const app = new Hono();
  app.use(honoColor(color));
  app.all('*', (context) => redirect(context.req.raw));
  const request = new Request('http://blue.test/old');
  for (const answer of [await app.fetch(request), await fetchColor(color, redirect)(request)]) {
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get('location'), 'http://other.test/');
    assert.equal(answer.headers.get('x-index-hash'), 'h');
  }
});

it('keeps the index that a function says in capital letters', async () => {
  const answer = { statusCode: 200, headers: { 'X-Index-Hash': 'own' }, body: '' };
  const handler = lambdaColor(makeColor(OPTIONS), () => answer);
  const { headers } = (await handler({ httpMethod: 'GET', path: '/' }, null)) as Result;
  const said = Object.entries(headers).filter(([name]) => name.toLowerCase() === 'x-index-hash');
  assert.deepEqual(said, [['x-index-hash', 'own']]);
});

it('knows its routes and write routes below the prefix that it is mounted at', async () => {
  const app = express();
  app.use('/api', expressColor(makeColor({ ...OPTIONS, writes: ['/notes'] })));
  app.use((_, response) => void response.end('app'));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const status = async (method: string, path: string): Promise<number> =>
    (await fetch(url + path, { method })).status;
  try {
    assert.deepEqual(
      [
        await status('GET', '/.well-known/cutover'),
        await status('POST', '/notes/7'),
        await status('POST', '/ask'),
      ],
      [200, 503, 200],
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
