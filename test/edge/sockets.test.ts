/** WebSockets through the router on workerd: labelled, logged at both ends, counted, and moved after the flip. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { rawOrigin, type RawOrigin } from './raw.ts';
import { startEdge, type EdgeUnderTest } from './support.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server that sends every short text frame back, and breaks off on `die`. */
function echo(head: string, socket: Socket): void {
  const key = /sec-websocket-key: (.+)\r\n/i.exec(head)?.[1] ?? '';
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  socket.on('data', (frame) => {
    const size = (frame[1] ?? 0) & 127;
    const mask = frame.subarray(2, 6);
    const payload = frame.subarray(6, 6 + size).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
    const opcode = (frame[0] ?? 0) & 15;
    if (Buffer.from(payload).toString() === 'die') {
      socket.resetAndDestroy();
      return;
    }
    socket.write(Buffer.from([0x80 | opcode, payload.length, ...payload]));
    if (opcode === 8) socket.end();
  });
}

interface Client {
  /** What comes back, one text or close code a frame. */
  next(): Promise<string | number>;
  /** Sends a short frame. */
  send(opcode: 1 | 8, payload: Uint8Array): void;
  readonly isOpen: () => boolean;
}

/** A client of the standard library: Node 20 has no WebSocket. */
function connectTo(url: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    });
    asked.once('error', reject);
    asked.once('response', ({ statusCode }) => reject(new Error(`HTTP ${statusCode}`)));
    asked.once('upgrade', (_answer, socket) => {
      const frames: (string | number)[] = [];
      const waiting: ((frame: string | number) => void)[] = [];
      const deliver = (frame: string | number): void => {
        const waits = waiting.shift();
        if (waits === undefined) frames.push(frame);
        else waits(frame);
      };
      let open = true;
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open = false;
        deliver('gone');
      });
      socket.on('data', (frame: Buffer) => {
        const payload = frame.subarray(2, 2 + ((frame[1] ?? 0) & 127));
        const isClose = ((frame[0] ?? 0) & 15) === 8;
        if (isClose) open = false;
        deliver(isClose ? (payload.length < 2 ? 1005 : payload.readUInt16BE(0)) : payload.toString());
      });
      resolve({
        next: () => {
          const frame = frames.shift();
          return frame === undefined ? new Promise((done) => waiting.push(done)) : Promise.resolve(frame);
        },
        send: (opcode, payload) =>
          // A mask of zeros is a mask.
          socket.write(Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload])),
        isOpen: () => open,
      });
    });
    asked.end();
  });
}

const text = (said: string): Uint8Array => new TextEncoder().encode(said);
const NORMAL = Uint8Array.of(0x03, 0xe8);

describe('WebSockets', () => {
  let edge: EdgeUnderTest;
  let origin: RawOrigin;
  before(async () => {
    origin = await rawOrigin((_path, socket, head) => echo(head, socket));
    edge = await startEdge({ SOCKET_GRACE_MS: '1000' }, { origins: { blue: origin.url, green: origin.url } });
    await edge.set({});
  });
  after(async () => {
    await edge.close();
    await origin.close();
  });

  const connect = (path: string) => connectTo(`${edge.edge.entries[0]?.url ?? ''}${path}`);
  const count = async () =>
    ((await (await edge.admin('config')).json()) as { openSockets: Record<string, number> }).openSockets;
  const closing = async (path: string) =>
    (await edge.lines(({ route, socket }) => route === path && socket?.event === 'close'))[0];

  it('writes a line when it opens and one when it closes, and is counted in between (B9)', async () => {
    const socket = await connect('/ws');
    const [open] = await edge.lines(({ route }) => route === '/ws');
    assert.deepEqual([open?.status, open?.error, open?.color], [101, null, 'blue']);
    assert.deepEqual(open?.socket, { event: 'open', bytesIn: 0, bytesOut: 0 });
    assert.deepEqual(await count(), { blue: 1, green: 0 });
    socket.send(1, text('hällo'));
    assert.equal(await socket.next(), 'hällo');
    await sleep(100);
    socket.send(8, NORMAL);
    const end = await closing('/ws');
    assert.deepEqual(
      [end?.status, end?.error, end?.socket],
      [101, null, { event: 'close', bytesIn: 6, bytesOut: 6 }],
    );
    assert.ok((end?.latency_ms.tfinal ?? 0) >= 100);
    assert.deepEqual(await count(), { blue: 0, green: 0 });
  });

  it('names the end that a color made by breaking off (B9)', async () => {
    const socket = await connect('/ws-die');
    socket.send(1, text('die'));
    assert.equal((await closing('/ws-die'))?.error, 'body:truncated_stream');
  });

  it('is closed within its grace once its user belongs to the other color, and not before (B9)', async () => {
    const socket = await connect('/ws-flip');
    await edge.set({ weightPercent: 50 });
    await sleep(2500);
    assert.equal(socket.isOpen(), true, 'without a key it stays on `from` below 100 %');
    await edge.set({ weightPercent: 100, producer: 'green' });
    assert.equal(await Promise.race([socket.next(), sleep(6000, 'still open')]), 1012);
    assert.equal((await closing('/ws-flip'))?.color, 'blue');
    const again = await connect('/ws-again');
    assert.deepEqual(await count(), { blue: 0, green: 1 });
    again.send(8, NORMAL);
    await closing('/ws-again');
  });
});
