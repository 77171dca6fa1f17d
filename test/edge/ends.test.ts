/** Every way a request can end, on workerd: each leaves exactly one line, and the line says who ended it. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { request, rawOrigin, talk, type RawOrigin } from './raw.ts';
import { startEdge, type EdgeUnderTest } from './support.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n';

function answer(path: string, socket: Socket): void {
  const status = /^\/status\/(\d+)/.exec(path)?.[1];
  if (status !== undefined)
    socket.end(`HTTP/1.1 ${status} X\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi`);
  else if (path.startsWith('/hang')) return;
  else if (path.startsWith('/early'))
    socket.end(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 2\r\n\r\nhi`);
  else if (path.startsWith('/stall')) socket.write(`${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  else if (path.startsWith('/cut')) {
    socket.write(`${OK}content-length: 100\r\n\r\nabc`);
    setTimeout(() => socket.destroy(), 30);
  } else if (path.startsWith('/garbage')) socket.end('no http at all\r\n\r\n');
  else if (path.startsWith('/close')) socket.end();
  else if (path.startsWith('/reset')) socket.resetAndDestroy();
  else if (path.startsWith('/swallow')) return;
  else socket.end(`${OK}content-length: 2\r\n\r\nhi`);
}

interface End {
  readonly path: string;
  readonly send?: string;
  readonly leaveAfterMs?: number;
  /** Status on the wire; null: the client was gone. */
  readonly seen: number | null;
  /** Status and class of the line. */
  readonly line: readonly [number, string | null];
  /** True when no color had a part in it. */
  readonly byEdge?: boolean;
}

const post = (path: string, headers: readonly string[], body: string): string =>
  request(path, headers, 'POST', body);

const ENDS: readonly End[] = [
  { path: '/fine', seen: 200, line: [200, null] },
  { path: '/hang/limit', seen: 504, line: [504, 'headers:timeout'] },
  { path: '/hang/soon', leaveAfterMs: 200, seen: null, line: [499, 'client:closed'] },
  { path: '/hang/late', leaveAfterMs: 1300, seen: null, line: [499, 'headers:abandoned'] },
  { path: '/stall', leaveAfterMs: 300, seen: 200, line: [200, 'client:closed'] },
  { path: '/cut', seen: 200, line: [200, 'body:truncated'] },
  { path: '/garbage', seen: 502, line: [502, 'headers:closed'] },
  { path: '/close', seen: 502, line: [502, 'headers:closed'] },
  { path: '/reset', seen: 502, line: [502, 'headers:closed'] },
  { path: '/early', seen: 502, line: [502, 'headers:bad_status:103'] },
  ...[100, 101, 199, 600, 700, 999].map((status) => ({
    path: `/status/${status}`,
    seen: 502,
    line: [502, `headers:bad_status:${status}`] as const,
  })),
  ...[204, 304].map((status) => ({ path: `/status/${status}`, seen: status, line: [status, null] as const })),
  { path: '/status/404', seen: 404, line: [404, 'headers:http_4xx:404'] },
  { path: '/status/599', seen: 599, line: [599, 'headers:http_5xx:599'] },
  ...['GET', 'HEAD'].map((method) => ({
    path: `/fine/body-on-${method}`,
    send: request(`/fine/body-on-${method}`, ['content-length: 3'], method, 'abc'),
    seen: 400,
    line: [400, 'client:body_on_read'] as const,
    byEdge: true,
  })),
  {
    path: '/fine/empty-body',
    send: request('/fine/empty-body', ['content-length: 0']),
    seen: 200,
    line: [200, null],
  },
  {
    path: '/fine/empty-chunks',
    send: request('/fine/empty-chunks', ['transfer-encoding: chunked'], 'GET', '0\r\n\r\n'),
    seen: 200,
    line: [200, null],
  },
  {
    path: '/swallow/length',
    send: post('/swallow/length', ['content-length: 1000'], 'abc'),
    leaveAfterMs: 300,
    seen: null,
    line: [499, 'client:upload_cut'],
  },
  {
    path: '/swallow/chunked',
    send: post('/swallow/chunked', ['transfer-encoding: chunked'], '3\r\nabc\r\n'),
    leaveAfterMs: 300,
    seen: null,
    line: [499, 'client:upload_cut'],
  },
];

describe('ends of a request', () => {
  let edge: EdgeUnderTest;
  let origin: RawOrigin;
  before(async () => {
    origin = await rawOrigin(answer);
    const origins = { blue: origin.url, green: origin.url };
    edge = await startEdge({ ORIGIN_TIMEOUT_MS: '2000' }, { origins });
    await edge.set({});
  });
  after(async () => {
    await edge.close();
    await origin.close();
  });

  for (const { path, send, leaveAfterMs, seen, line, byEdge = false } of ENDS) {
    it(`${path} leaves one line: ${line.join(' ')} (B1, B11)`, async () => {
      const wire = await talk(edge.edge.entries[0]?.url ?? '', send ?? request(path), leaveAfterMs);
      assert.equal(wire === '' ? null : Number(wire.split(' ')[1]), seen, wire);
      const lines = await edge.lines(({ route }) => route === path);
      assert.deepEqual(
        lines.map(({ status, error, by }) => [status, error, by === 'edge']),
        [[...line, byEdge]],
      );
      assert.ok((lines[0]?.latency_ms.tfinal ?? -1) >= 0);
    });
  }

  it('a hundred clients that give up on a color that hangs are a hundred lines (B1)', async () => {
    const url = edge.edge.entries[1]?.url ?? '';
    await Promise.all(Array.from({ length: 100 }, () => talk(url, request('/hang/many'), 1700)));
    const lines = await edge.lines(({ route }) => route === '/hang/many', 100);
    await sleep(100);
    assert.equal(lines.length, 100);
    for (const { error } of lines) assert.match(error ?? '', /^headers:(abandoned|timeout)$/);
  });

  it('a color that is down leaves its line too (B1)', async () => {
    const gone = await rawOrigin(answer);
    await gone.close();
    const other = await startEdge({}, { origins: { blue: gone.url, green: gone.url } });
    try {
      await other.set({});
      assert.equal((await other.get('/x')).status, 502);
      const [line] = await other.lines(({ route }) => route === '/x');
      // workerd does not tell a refused connection from one that was closed.
      assert.match(line?.error ?? '', /^(connect:refused|headers:closed)$/);
    } finally {
      await other.close();
    }
  });
});
