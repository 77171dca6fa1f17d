/**
 * The table of error classes, each row provoked on loopback.
 * The same on Node 20, 22 and 24 except where a case says so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { errorClass, probeStatusClass } from '../../src/probes/error-class.ts';
import type { SenderOptions } from '../../src/probes/sender.ts';
import { freePort, httpServer, tcpServer } from './servers.ts';
import { CELL, probe, senderTo } from './support.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

async function classOf(url: string, rest: Partial<SenderOptions> = {}): Promise<string | null> {
  const sent = await senderTo(url, rest).send(probe('p'), CELL, 'green');
  return sent.error;
}

/** Node's own fetch with short undici timeouts; its class is only reachable through the global dispatcher. */
async function impatientFetch(): Promise<typeof fetch> {
  await fetch('data:,').catch(() => undefined);
  await fetch('http://127.0.0.1:9/').catch(() => undefined);
  const key = Symbol.for('undici.globalDispatcher.1');
  const agent = (globalThis as unknown as Record<symbol, { constructor: unknown }>)[key];
  const Agent = agent?.constructor as new (options: object) => unknown;
  const dispatcher = new Agent({ headersTimeout: 200, bodyTimeout: 200 });
  return (input, init) => fetch(input, { ...init, dispatcher } as RequestInit);
}

const rows: readonly [name: string, expected: string, provoke: (t: TestContext) => Promise<string | null>][] =
  [
    ['DNS', 'connect:dns', async () => classOf('http://no-such-host.invalid')],
    ['refused', 'connect:refused', async () => classOf(`http://127.0.0.1:${await freePort()}`)],
    ['a port on the block list', 'connect:refused', async () => classOf('http://127.0.0.1:9')],
    [
      'TLS to a plain port',
      'tls:protocol',
      async (t) =>
        classOf((await tcpServer(t, (s) => s.end('HTTP/1.1 200 OK\r\n\r\n'))).replace('http:', 'https:')),
    ],
    [
      'no headers in time',
      'headers:timeout',
      async (t) => classOf(await tcpServer(t, () => undefined), { fetch: await impatientFetch() }),
    ],
    ['closed before headers', 'headers:closed', async (t) => classOf(await tcpServer(t, (s) => s.end()))],
    [
      'reset before headers',
      'headers:reset',
      async (t) => classOf(await tcpServer(t, (s) => s.resetAndDestroy())),
    ],
    [
      'garbage status line',
      'headers:malformed',
      async (t) => classOf(await tcpServer(t, (s) => s.end('BLA BLA\r\n\r\n'))),
    ],
    [
      'HTTP 503',
      'headers:http_5xx:503',
      async (t) => classOf(await httpServer(t, (_q, s) => void s.writeHead(503).end('no'))),
    ],
    [
      'HTTP 404',
      'headers:http_4xx:404',
      async (t) => classOf(await httpServer(t, (_q, s) => void s.writeHead(404).end())),
    ],
    [
      'a redirect is not followed',
      'headers:http_3xx:302',
      async (t) =>
        classOf(
          await httpServer(t, (_q, s) => void s.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
        ),
    ],
    [
      'body stalls',
      'body:idle_timeout',
      async (t) =>
        classOf(await tcpServer(t, (s) => s.write(`${HEAD}content-length: 100\r\n\r\n{"a"`)), {
          fetch: await impatientFetch(),
        }),
    ],
    [
      'short Content-Length',
      'body:truncated',
      async (t) => classOf(await tcpServer(t, (s) => s.end(`${HEAD}content-length: 100\r\n\r\n{"a"`))),
    ],
    [
      'chunked without terminator',
      'body:truncated',
      async (t) =>
        classOf(await tcpServer(t, (s) => s.end(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\n{"a"\r\n`))),
    ],
    [
      'reset in mid-body',
      'body:reset',
      async (t) =>
        classOf(
          await tcpServer(t, (s) => {
            s.write(`${HEAD}content-length: 100\r\n\r\n{"a"`);
            setTimeout(() => s.resetAndDestroy(), 50);
          }),
        ),
    ],
    [
      'bad gzip',
      'body:decode',
      async (t) =>
        classOf(
          await httpServer(t, (_q, s) => {
            const bytes = gzipSync('{"answer":"x"}');
            bytes.fill(0xff, 10, 16);
            s.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bytes);
          }),
        ),
    ],
    [
      'cut JSON of correct length',
      'parse:json',
      async (t) => classOf(await httpServer(t, (_q, s) => void s.end('{"answer": "x'))),
    ],
    [
      'no object',
      'schema:not_an_object',
      async (t) => classOf(await httpServer(t, (_q, s) => void s.end('"hello"'))),
    ],
    [
      'own deadline before headers',
      'headers:deadline',
      async (t) => classOf(await tcpServer(t, () => undefined), { timeoutMs: 150 }),
    ],
    [
      'own deadline in the body',
      'body:deadline',
      async (t) =>
        classOf(await tcpServer(t, (s) => s.write(`${HEAD}content-length: 100\r\n\r\n{"a"`)), {
          timeoutMs: 200,
        }),
    ],
    [
      'body over the cap',
      'body:too_large',
      async (t) =>
        classOf(await httpServer(t, (_q, s) => void s.end('x'.repeat(5_000))), { maxBodyBytes: 4_000 }),
    ],
  ];

for (const [name, expected, provoke] of rows) {
  test(`${name} is ${expected}`, { timeout: 10_000 }, async (t) => assert.equal(await provoke(t), expected));
}

test('certificates, by the codes of the TLS layer', () => {
  const fail = (code: string): Error =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
  for (const code of ['CERT_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'DEPTH_ZERO_SELF_SIGNED_CERT']) {
    assert.equal(errorClass('headers', fail(code)), 'tls:certificate');
  }
  assert.equal(errorClass('headers', fail('ERR_TLS_CERT_ALTNAME_INVALID')), 'tls:certificate');
  assert.equal(errorClass('headers', fail('UND_ERR_CONNECT_TIMEOUT')), 'connect:timeout');
});

test('the same code is another class at another stage', () => {
  const reset = new TypeError('terminated', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
  assert.equal(errorClass('headers', reset), 'headers:reset');
  assert.equal(errorClass('body', reset), 'body:reset');
});

test('when every address failed the first one speaks', () => {
  const one = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
  assert.equal(
    errorClass('headers', new TypeError('fetch failed', { cause: new AggregateError([one]) })),
    'connect:refused',
  );
});

test('only 2xx is an answer to a probe', () => {
  assert.equal(probeStatusClass(204), null);
  assert.equal(probeStatusClass(429), 'headers:http_4xx:429');
});
