/** What happens to connections of clients: refused beyond the limit, kept while idle, broken off where an answer cannot be whole. */
import assert from 'node:assert/strict';
import { connect, Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { drip, PATIENT_MS, rawOrigin, request, statuses, talk } from '../raw.ts';
import { connectTo, echo } from '../websocket.ts';
import { startNodeRouter, type NodeRouter } from './support.ts';

const CLOSE = 'connection: close';

const open = (router: NodeRouter): Socket => connect(Number(new URL(router.url).port), '127.0.0.1');

describe('connections', () => {
  it('beyond the limit get 503 with retry-after, and there is room again when others leave', async () => {
    const router = await startNodeRouter({ limits: { maxConnections: 3 } });
    try {
      const held = Array.from({ length: 3 }, () => open(router));
      await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
      const wire = await talk(router.url, request('/over'), PATIENT_MS);
      assert.deepEqual(statuses(wire), ['503']);
      assert.match(wire, /retry-after: 1/);
      for (const socket of held) socket.destroy();
      await sleep(50);
      assert.equal((await fetch(`${router.url}/again`)).status, 200);
    } finally {
      await router.close();
    }
  });

  it('beyond the limit send no color a request that their client was told to send again', async () => {
    const router = await startNodeRouter({ limits: { maxConnections: 1 } });
    try {
      const held = open(router);
      await new Promise((resolve) => held.once('connect', resolve));
      const wire = await talk(router.url, request('/over', ['content-length: 1'], 'POST', 'x'), PATIENT_MS);
      assert.deepEqual(statuses(wire), ['503']);
      await sleep(100);
      assert.equal(router.origins.blue.seen.length, 0);
      held.destroy();
    } finally {
      await router.close();
    }
  });

  it('that turn to nonsense in the middle of an answer are broken off: no bytes of ours stand in it', async () => {
    const router = await startNodeRouter();
    try {
      for (const next of ['', request('/sse-slow')]) {
        const wire = await drip(router.url, [request('/sse-slow'), 150, `${next}nonsense\r\n\r\n`, 2000]);
        assert.match(wire, /^HTTP\/1\.1 200 /);
        assert.deepEqual(statuses(wire), ['200']);
      }
    } finally {
      await router.close();
    }
  });

  it('whose body was not read to its end are closed after the answer, also after 100-continue', async () => {
    const origin = await rawOrigin((_path, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'),
    );
    const router = await startNodeRouter({ origins: { blue: origin.url, green: origin.url } });
    try {
      for (const [path, headers] of [
        ['/early', ['expect: 100-continue']],
        ['/early', []],
        ['/__cutover/config', []],
      ] as const) {
        const head = request(path, [...headers, 'content-length: 500000'], 'POST');
        const wire = await drip(router.url, [head, 300, 'abc', 700, 'end']);
        assert.match(wire, /\r\nconnection: close\r\n/i, path + wire);
      }
    } finally {
      await router.close();
      await origin.close();
    }
  });

  it('that are idle are kept for the time that was asked for, also beyond the limit of headers', async () => {
    const router = await startNodeRouter({ limits: { keepAliveMs: 4000, headersMs: 500 } });
    try {
      const idle = await drip(router.url, [request('/k1'), 3000, request('/k2', [CLOSE])]);
      assert.deepEqual(statuses(idle), ['200', '200']);
    } finally {
      await router.close();
    }
  });
});

describe('WebSockets of connections that say nothing', () => {
  it('are asked by the system whether they are there, at both ends', async (t) => {
    const origin = await rawOrigin((_path, socket, head) => echo(head, socket));
    const router = await startNodeRouter({ origins: { blue: origin.url, green: origin.url } });
    try {
      const keeps = t.mock.method(Socket.prototype, 'setKeepAlive');
      const socket = await connectTo(`${router.url}/ws`);
      assert.deepEqual(
        keeps.mock.calls.map((call) => call.arguments),
        [
          [true, 60_000],
          [true, 60_000],
        ],
      );
      socket.send(8, Uint8Array.of(0x03, 0xe8));
    } finally {
      await router.close();
      await origin.close();
    }
  });

  it('whose color answers after the end of the drain delay are closed with the others', async () => {
    let goOn: (() => void) | null = null;
    const origin = await rawOrigin((_path, socket, head) => {
      goOn = () => echo(head, socket);
    });
    const asked = (): (() => void) | null => goOn;
    const router = await startNodeRouter({
      origins: { blue: origin.url, green: origin.url },
      drainLimitMs: 5000,
    });
    const socket = connectTo(`${router.url}/ws`);
    for (let i = 0; asked() === null && i < 200; i += 1) await sleep(10);
    const startedMs = performance.now();
    const stopped = router.serving.stop();
    await sleep(100);
    asked()?.();
    assert.equal(await (await socket).next(), 1001);
    await stopped;
    assert.ok(performance.now() - startedMs < 4000);
    await router.close();
    await origin.close();
  });
});
