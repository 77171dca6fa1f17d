/** WebSockets without a library: an origin that echoes short frames, and a client. */
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server that sends every short text frame back, and breaks off on `die`. */
export function echo(head: string, socket: Socket): void {
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

export interface Client {
  /** What comes back, one text or close code a frame. */
  next(): Promise<string | number>;
  /** Sends a short frame. */
  send(opcode: 1 | 8, payload: Uint8Array): void;
  readonly isOpen: () => boolean;
}

/** A client of the standard library: Node 20 has no WebSocket. */
export function connectTo(url: string): Promise<Client> {
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
    asked.once('upgrade', (_answer, socket, head) => {
      if (head.length > 0) socket.unshift(head);
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
