/** What a color receives byte by byte: one request is one request, whatever its method, and what the router says of an answer is true. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { request, talk } from '../raw.ts';
import { startNodeRouter, type NodeRouter } from './support.ts';

const CLOSE = 'connection: close';
const PATIENT_MS = 3000;
const OK = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok';
const INNER = 'POST /notes HTTP/1.1\r\nhost: x\r\nx-cutover-kind: prime\r\ncontent-length: 0\r\n\r\n';

describe('what a color receives', () => {
  let color: Server;
  let router: NodeRouter;
  let received = '';
  let answer = OK;
  before(async () => {
    color = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1');
        if (/\r\n0\r\n\r\n$|^\w+ [^\r]*\r\n(?:(?!transfer-encoding)[^\r]+\r\n)+\r\n/i.test(received)) {
          socket.write(answer, 'latin1');
        }
      });
    });
    await new Promise<void>((resolve) => {
      color.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(color.address() as AddressInfo).port}`;
    router = await startNodeRouter({ origins: { blue: url, green: url } });
  });
  after(async () => {
    await router.close();
    color.close();
  });

  async function send(text: string): Promise<string> {
    received = '';
    return await talk(router.url, text, PATIENT_MS);
  }

  it('a body in chunks is a body, never a second request', async () => {
    const chunked = `${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`;
    for (const method of ['DELETE', 'OPTIONS', 'POST', 'PATCH', 'PROPFIND']) {
      const wire = await send(request('/x', ['transfer-encoding: chunked', CLOSE], method, chunked));
      assert.match(wire, /^HTTP\/1\.1 200 /, method);
      const [head = '', ...rest] = received.split('\r\n\r\n');
      assert.match(head, /\r\ntransfer-encoding: chunked(\r\n|$)/i, `${method}: ${received}`);
      assert.ok(rest.join('\r\n\r\n').startsWith(`${INNER.length.toString(16)}\r\nPOST /notes`), received);
    }
  });

  it('a body arrives though its length is said to be of the connection', async () => {
    const headers = ['connection: close, content-length, x-hop', 'x-hop: 1', 'content-length: 3'];
    await send(request('/notes', headers, 'POST', 'abc'));
    assert.match(received, /\r\ncontent-length: 3\r\n/);
    assert.match(received, /\r\n\r\nabc$/);
    assert.ok(!received.includes('x-hop'));
  });

  it('no spelling of a header of a proxy comes from the client', async () => {
    await send(request('/f', ['X_Forwarded_For: 6.6.6.6', 'x-forwarded_host: 6.6.6.6', CLOSE]));
    assert.ok(!received.includes('6.6.6.6'), received);
  });

  it('an answer without a body says no length', async () => {
    for (const status of ['204 No Content', '205 Reset Content']) {
      answer = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 5\r\n\r\n${status.startsWith('205') ? 'abcde' : ''}`;
      const wire = await send(request('/none', [CLOSE]));
      assert.ok(wire.startsWith(`HTTP/1.1 ${status}`), wire);
      assert.doesNotMatch(wire, /content-length: [1-9]/i);
    }
    answer = OK;
  });

  it('the router’s own routes are not passed on, also by an upgrade', async () => {
    const upgrade = ['connection: Upgrade', 'upgrade: websocket'];
    const wire = await send(request('/__cutover/config', [...upgrade, 'authorization: Bearer guess']));
    assert.match(wire, /^HTTP\/1\.1 401 /);
    assert.equal(received, '');
  });

  it('the store is not written through this router, and it says so', async () => {
    const put = await router.admin('store', {
      method: 'PUT',
      body: JSON.stringify({ next: { service: 'docs' } }),
    });
    assert.equal(put.status, 405);
    assert.equal((await router.admin('store')).status, 200);
  });
});
