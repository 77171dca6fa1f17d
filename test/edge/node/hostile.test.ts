/** What no good client does: the router on Node answers, refuses or lets go, and serves the others. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { drip, PATIENT_MS, rawOrigin, request, statuses, talk } from '../raw.ts';
import { startNodeRouter, type NodeRouter } from './support.ts';

const CLOSE = 'connection: close';

describe('hostile requests', () => {
  let router: NodeRouter;
  before(async () => {
    router = await startNodeRouter({
      limits: { headersMs: 1500, requestMs: 2500, maxHeaderBytes: 8192, maxBodyBytes: 1000 },
    });
  });
  after(() => router.close());

  const seen = (): number => router.origins.blue.seen.length + router.origins.green.seen.length;

  it('an ambiguous length reaches no color', async () => {
    const before = seen();
    const smuggled = 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
    const cases: readonly (readonly string[])[] = [
      ['content-length: 5', 'transfer-encoding: chunked'],
      ['transfer-encoding: chunked', 'content-length: 5'],
      ['content-length: 5', 'content-length: 6'],
      ['content-length: 5, 6'],
      ['content-length: -1'],
      ['content-length: +5'],
      ['content-length: 0x5'],
      ['content-length: 5 5'],
      ['transfer-encoding: xchunked'],
      ['transfer-encoding: chunked, identity'],
      ['transfer-encoding : chunked'],
      ['transfer-encoding:\u000bchunked'],
      ['transfer-encoding: chunked', 'transfer-encoding: identity'],
      ['content-length : 5'],
      [' content-length: 5'],
      ['x: y\r\n folded: z'],
      ['x: a\rb'],
      ['x\u0000: a'],
    ];
    for (const headers of cases) {
      const wire = await talk(router.url, request('/amb', headers, 'POST', `0\r\n\r\n${smuggled}`), 1000);
      assert.deepEqual(statuses(wire), ['400'], `${JSON.stringify(headers)}: ${wire.slice(0, 200)}`);
    }
    for (const chunk of [
      '5\r\nabc',
      'zz\r\nabc\r\n0\r\n\r\n',
      '5;\u0000\r\nabcde\r\n0\r\n\r\n',
      '3\nabc\n0\n\n',
    ]) {
      const wire = await talk(
        router.url,
        request('/chunk', ['transfer-encoding: chunked'], 'POST', chunk),
        800,
      );
      assert.ok(!statuses(wire).includes('200'), JSON.stringify([chunk, wire]));
    }
    assert.ok(!router.all.some(({ route }) => route === '/smuggled'));
    assert.ok(seen() - before <= 4, 'only bodies that were cut in the middle had begun');
  });

  it('a host that is none, or two, and a path that is none are 400', async () => {
    for (const text of [
      'GET /h HTTP/1.1\r\nconnection: close\r\n\r\n',
      'GET /h HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n',
      'GET /h HTTP/1.1\r\nhost: a/b\r\nconnection: close\r\n\r\n',
      'GET /h HTTP/1.1\r\nhost: u@evil\r\nconnection: close\r\n\r\n',
      'GET /h HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
      'GET ftp://a/h HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    ]) {
      assert.deepEqual(statuses(await talk(router.url, text, PATIENT_MS)), ['400'], text);
    }
    const absolute = `GET http://other.test/abs?q=1 HTTP/1.1\r\nhost: edge.test\r\n${CLOSE}\r\n\r\n`;
    assert.deepEqual(statuses(await talk(router.url, absolute, PATIENT_MS)), ['200']);
    const [line] = await router.lines(({ route }) => route === '/abs');
    assert.equal(line?.status, 200);
    assert.equal(router.origins.blue.seen.at(-1)?.headers['x-forwarded-host'], 'edge.test');
  });

  it('methods of the connection are refused, unknown ones too', async () => {
    const trace = await talk(router.url, request('/t', [CLOSE], 'TRACE'), PATIENT_MS);
    assert.deepEqual(statuses(trace), ['405']);
    assert.deepEqual(statuses(await talk(router.url, request('/t', [CLOSE], 'BREW'), PATIENT_MS)), ['400']);
    assert.deepEqual(statuses(await talk(router.url, request('x:443', [CLOSE], 'CONNECT'), 500)), []);
  });

  it('headers beyond the limit are 431, and too many of them are not dropped in silence', async () => {
    const long = await talk(router.url, request('/long', [`x: ${'a'.repeat(9000)}`]), PATIENT_MS);
    assert.deepEqual(statuses(long), ['431']);
    const many = Array.from({ length: 900 }, () => 'a: b');
    const wire = await talk(router.url, request('/many', [...many, 'x-last: seen', CLOSE]), PATIENT_MS);
    assert.deepEqual(statuses(wire), ['200']);
    assert.equal(router.origins.blue.seen.at(-1)?.headers['x-last'], 'seen');
  });

  it('a body beyond the limit is 413, told by its length or counted', async () => {
    const told = await talk(router.url, request('/big', ['content-length: 2000', CLOSE], 'POST'), PATIENT_MS);
    assert.deepEqual(statuses(told), ['413']);
    const chunk = `3e8\r\n${'a'.repeat(1000)}\r\n`;
    const head = request('/big', ['transfer-encoding: chunked', CLOSE], 'POST');
    const counted = await talk(router.url, `${head}${chunk}${chunk}0\r\n\r\n`, PATIENT_MS);
    assert.deepEqual(statuses(counted), ['413']);
    const just = await talk(router.url, `${head}${chunk}0\r\n\r\n`, PATIENT_MS);
    assert.deepEqual(statuses(just), ['200']);
    const lines = await router.lines(({ route, status }) => route === '/big' && status === 413, 2);
    assert.deepEqual(
      lines.map(({ error }) => error),
      ['client:body_too_large', 'client:body_too_large'],
    );
  });

  it('slow headers and slow bodies end with 408, and cost nobody else a thing', async () => {
    const slow = Array.from({ length: 30 }, () =>
      drip(router.url, ['GET /slow HTTP/1.1\r\n', 300, 'x: y\r\n', 8000]),
    );
    const others = await Promise.all(
      Array.from({ length: 30 }, (_, i) => fetch(`${router.url}/others/${i}`)),
    );
    assert.ok(others.every(({ status }) => status === 200));
    for (const wire of await Promise.all(slow)) assert.deepEqual(statuses(wire), ['408']);
    const body = await drip(router.url, [
      request('/slow-body', ['content-length: 100'], 'POST', 'abc'),
      9000,
    ]);
    assert.ok(['408', '400'].includes(statuses(body)[0] ?? ''), body);
    const [line] = await router.lines(({ route }) => route === '/slow-body');
    assert.equal(line?.error, 'client:upload_cut');
  });

  it('requests in one piece are answered in their order', async () => {
    const piece = ['/p/1', '/p/2', '/p/3'].map((path) => request(path)).join('');
    const wire = await talk(router.url, piece + request('/p/4', [CLOSE]), PATIENT_MS);
    assert.deepEqual(statuses(wire), ['200', '200', '200', '200']);
    await router.lines(({ route }) => route.startsWith('/p/'), 4);
  });

  it('an offer of another protocol is ignored, its body arrives', async () => {
    const offer = ['connection: Upgrade, HTTP2-Settings', 'upgrade: h2c', 'http2-settings: AAMAAABk'];
    const get = await talk(router.url, request('/h2c', offer) + request('/h2c2', [CLOSE]), PATIENT_MS);
    assert.deepEqual(statuses(get), ['200', '200']);
    const post = await talk(
      router.url,
      request('/h2c', [...offer, 'content-length: 3'], 'POST', 'abc') + request('/after', [CLOSE]),
      PATIENT_MS,
    );
    assert.deepEqual(statuses(post), ['200', '200']);
    assert.match(post, /"body":"abc"/);
  });

  it('a client that closes its sending side has left', async () => {
    const wire = await talk(router.url, request('/ticker', ['x-user-id: half']));
    assert.ok(!wire.includes('0\r\n\r\n'), 'no clean end');
    const [line] = await router.lines(({ route }) => route === '/ticker');
    assert.match(line?.error ?? '', /^client:closed$/);
  });
});

describe('colors that misbehave', () => {
  const answers: Readonly<Record<string, string>> = {
    '/both': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    '/lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc',
    '/no-http': 'hello\r\n\r\n',
    '/long-header': `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`,
    '/early':
      'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
    '/switching': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    '/odd-reason': 'HTTP/1.1 200 F\u00fcr Sie\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
    '/304': 'HTTP/1.1 304 Not Modified\r\nconnection: close\r\netag: "a"\r\n\r\n',
    '/trailers':
      'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n',
    '/999': 'HTTP/1.1 999 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
  };
  const expected: Readonly<Record<string, readonly [status: string, error: string | null]>> = {
    '/both': ['502', 'headers:closed'],
    '/lengths': ['502', 'headers:closed'],
    '/no-http': ['502', 'headers:closed'],
    '/long-header': ['502', 'headers:closed'],
    '/early': ['200', null],
    '/switching': ['502', 'headers:bad_status:101'],
    '/odd-reason': ['200', null],
    '/304': ['304', null],
    '/trailers': ['200', null],
    '/999': ['502', 'headers:bad_status:999'],
  };

  it('get an honest answer each, and the next request finds the router well', async () => {
    const sockets = new Set<Socket>();
    const origin = await rawOrigin((path, socket) => {
      sockets.add(socket);
      socket.write(answers[path] ?? '', 'latin1');
    });
    const router = await startNodeRouter({ origins: { blue: origin.url, green: origin.url } });
    try {
      for (const [path, [status, error]] of Object.entries(expected)) {
        const wire = await talk(router.url, request(path, [CLOSE]), PATIENT_MS);
        assert.deepEqual(statuses(wire), [status], `${path}: ${wire.slice(0, 300)}`);
        const [line] = await router.lines(({ route }) => route === path);
        assert.deepEqual([String(line?.status), line?.error], [status, error], path);
      }
    } finally {
      await router.close();
      await origin.close();
    }
  });
});
