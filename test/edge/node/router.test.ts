/** The router on Node, as a client and as the colors see it: decisions, headers, fence, pins, cache, lines, and how bodies pass. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { bucketOf } from '../../../src/domain/bucket.ts';
import { rawOrigin, request, talk } from '../raw.ts';
import { ADMIN_TOKEN } from '../support.ts';
import { startNodeRouter, type NodeRouter } from './support.ts';

interface Echo {
  readonly color: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('router on Node', () => {
  let router: NodeRouter;
  before(async () => {
    router = await startNodeRouter();
    await router.set({ weightPercent: 50 });
  });
  after(() => router.close());
  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(router.url + path, init);
  const echo = async (path: string, init: RequestInit = {}): Promise<Echo> =>
    (await (await get(path, init)).json()) as Echo;

  it('sends each user to the color of his bucket, and says so on the answer, to the color and in the line', async () => {
    const { salt } = await router.set({ weightPercent: 50 });
    for (let i = 0; i < 20; i += 1) {
      const answer = await get(`/u${i}`, { headers: { 'x-user-id': `user-${i}` } });
      const bucket = bucketOf(salt, `user-${i}`);
      const color = bucket < 50_000 ? 'green' : 'blue';
      const said = (await answer.json()) as Echo;
      assert.deepEqual(
        [answer.headers.get('x-color'), said.color, said.headers['x-color']],
        [color, color, color],
      );
      const [line] = await router.lines(({ route }) => route === `/u${i}`);
      assert.deepEqual([line?.color, line?.bucket, line?.status, line?.region], [color, bucket, 200, 'eu']);
    }
  });

  it('strips what only the router may say, and tells where the request came from', async () => {
    const { headers } = await echo('/strip', {
      headers: {
        'x-color': 'forged',
        'x-cutover-kind': 'forged',
        x_color: 'forged',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'evil',
        forwarded: 'for=6.6.6.6',
        'user-agent': 'mine',
      },
    });
    assert.ok(!Object.values(headers).includes('forged'));
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'http');
    assert.equal(headers['x-forwarded-host'], new URL(router.url).host);
    assert.equal(headers['forwarded'], undefined);
    assert.equal(headers['user-agent'], 'mine');
    assert.equal(
      headers['host'],
      new URL(router.origins[headers['x-color'] === 'blue' ? 'blue' : 'green'].url).host,
    );
  });

  it('fences writes, follows pins, refuses bad ones and hides what is not public', async () => {
    await router.set({ writes: { blue: 'read-only', green: 'read-only' } });
    const write = await get('/notes', { method: 'POST', body: 'x' });
    assert.equal(write.status, 409);
    assert.equal(write.headers.get('x-cutover-write'), 'late');
    await router.set({ writes: { blue: 'open', green: 'open' } });
    assert.equal((await get('/notes', { method: 'POST', body: 'x' })).status, 200);
    const pinned = await get('/pinned', { headers: await router.pin({ color: 'green', kind: 'probe' }) });
    assert.deepEqual(
      [pinned.headers.get('x-color'), pinned.headers.get('x-cutover-reason')],
      ['green', 'pinned'],
    );
    assert.equal((await get('/pinned', { headers: { 'x-cutover-pin': 'v1.bad' } })).status, 403);
    assert.equal((await get('/.well-known/cutover')).status, 404);
  });

  it('answers its own routes: health without a token, the others with it', async () => {
    const health = await get('/__cutover/healthz');
    assert.deepEqual([health.status, await health.text()], [200, 'ok\n']);
    assert.equal((await get('/__cutover/config')).status, 401);
    const report = (await (await router.admin('config')).json()) as Record<string, unknown>;
    assert.equal(report['region'], 'eu');
    assert.equal(report['doubt'], false);
    const store = (await (await router.admin('store')).json()) as { stored: { generation: number } };
    assert.equal(store.stored.generation, report['generation']);
    assert.deepEqual(await (await router.admin('flush', { method: 'POST' })).json(), { flushed: true });
    const put = await fetch(`${router.url}/__cutover/store`, {
      method: 'PUT',
      body: '{}',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    assert.equal(put.status, 400);
  });

  it('caches by color and lifetime, and gives the age', async () => {
    const first = await get('/answer/1?public');
    assert.equal(first.headers.get('x-cutover-cache'), 'miss');
    await first.text();
    await router.lines(({ route }) => route === '/answer/1');
    const second = await get('/answer/1?public');
    assert.equal(second.headers.get('x-cutover-cache'), 'hit');
    assert.match(second.headers.get('age') ?? '', /^\d+$/);
    assert.equal(await second.text().then((text) => JSON.parse(text).color), 'blue');
    const [, line] = await router.lines(({ route }) => route === '/answer/1', 2);
    assert.equal(line?.cache.node, 'eu/node');
  });

  it('passes streams as they come, and their end', async () => {
    const startedAt = performance.now();
    const answer = await get('/sse-slow', { headers: { 'x-user-id': 'streamer' } });
    const times: number[] = [];
    for await (const _ of answer.body ?? []) times.push(performance.now() - startedAt);
    assert.ok(times.length >= 3, String(times));
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) > 200, String(times));
    const [line] = await router.lines(({ route }) => route === '/sse-slow');
    assert.equal(line?.error, null);
    assert.ok((line?.latency_ms.tusable ?? 0) < (line?.latency_ms.tfinal ?? 0));
  });

  it('breaks off with the color: no client takes a part for the whole', async () => {
    for (const path of ['/cut', '/cut-chunked']) {
      const text = await get(path).then((answer) => answer.text().catch(() => 'broken'));
      assert.equal(text, 'broken', path);
      const [line] = await router.lines(({ route }) => route === path);
      assert.equal(line?.error, 'body:truncated');
    }
    const whole = await get('/cut-json');
    const said = await whole.text().catch(() => 'broken');
    assert.ok(whole.status === 502 || said === 'broken', `${whole.status} ${said}`);
    const hungUp = await get('/hang-up');
    assert.deepEqual([hungUp.status, hungUp.headers.get('x-cutover-error')], [502, 'headers:closed']);
  });

  it('a client that leaves ends the work of the color, and its line says who left', async () => {
    const seen = router.origins.blue.seen.length + router.origins.green.seen.length;
    const gone = talk(router.url, request('/ticker', ['x-user-id: leaver']), 100);
    await gone;
    const [line] = await router.lines(({ route }) => route === '/ticker');
    assert.equal(line?.error, 'client:closed');
    assert.equal(router.origins.blue.seen.length + router.origins.green.seen.length, seen + 1);
    const asked = [...router.origins.blue.seen, ...router.origins.green.seen].find(
      ({ url }) => url === '/ticker',
    );
    for (let i = 0; asked?.socket.destroyed === false && i < 50; i += 1) await sleep(20);
    assert.equal(asked?.socket.destroyed, true);
  });

  it('HEAD, 304 and 204 have no body, and keep what they say of it', async () => {
    const head = await get('/head', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.ok(Number(head.headers.get('content-length')) > 0);
    const wire = await talk(router.url, request('/head2', ['connection: close'], 'HEAD'), 2000);
    assert.match(wire, /^HTTP\/1\.1 200 /);
    assert.equal(wire.split('\r\n\r\n')[1], '');
  });

  it('an encoded answer passes byte for byte', async () => {
    const body = gzipSync('hello '.repeat(1000));
    const server = createServer((_, response) => {
      response.writeHead(200, {
        'content-encoding': 'gzip',
        'content-length': body.length,
        'x-odd': 'caf\u00e9',
      });
      response.end(body);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const under = await startNodeRouter({ origins: { blue: url, green: url } });
    try {
      const wire = Buffer.from(await talk(under.url, request('/z', ['connection: close']), 2000), 'latin1');
      const at = wire.indexOf('\r\n\r\n') + 4;
      assert.ok(wire.subarray(at).equals(body));
      assert.match(wire.subarray(0, at).toString('latin1'), /x-odd: caf\u00e9\r\n/i);
      assert.match(wire.subarray(0, at).toString(), new RegExp(`content-length: ${body.length}\r\n`, 'i'));
    } finally {
      await under.close();
      server.close();
    }
  });

  it('a body passes as it comes, with its length or in chunks, and 100-continue is asked for late', async () => {
    assert.equal((await echo('/len', { method: 'POST', body: 'abc' })).body, 'abc');
    assert.equal((await echo('/none', { method: 'POST' })).headers['content-length'], '0');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('ab'));
        controller.enqueue(Buffer.from('cd'));
        controller.close();
      },
    });
    const chunked = await echo('/chunks', { method: 'POST', body: stream, duplex: 'half' });
    assert.deepEqual([chunked.body, chunked.headers['transfer-encoding']], ['abcd', 'chunked']);
    await router.set({ writes: { blue: 'read-only', green: 'read-only' } });
    const head = request('/notes', ['content-length: 5', 'expect: 100-continue'], 'POST');
    const refused = await talk(router.url, head, 300);
    assert.match(refused, /^HTTP\/1\.1 409 /, 'no body was asked for');
    assert.match(refused, /connection: close/i);
    await router.set({ writes: { blue: 'open', green: 'open' } });
    const asked = await talk(router.url, head, 300);
    assert.match(asked, /^HTTP\/1\.1 100 Continue\r\n/);
  });

  it('a kept connection that a color has closed costs a read nothing', async () => {
    let connections = 0;
    const origin = await rawOrigin((path, socket) => {
      connections += 1;
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      // Answers the next one on this connection by closing it.
      if (path !== '/last') socket.once('data', () => socket.resetAndDestroy());
    });
    const under = await startNodeRouter({ origins: { blue: origin.url, green: origin.url } });
    try {
      assert.equal((await fetch(`${under.url}/first`)).status, 200);
      assert.equal((await fetch(`${under.url}/second`)).status, 200);
      assert.equal(connections, 2);
    } finally {
      await under.close();
      await origin.close();
    }
  });
});
