/** Sinks of request lines: each line once and whole, whatever happens to the file or the collector. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { requestLine } from '../../../src/conformance/request-lines.ts';
import { LogBuffer } from '../../../src/edge/log-buffer.ts';
import { fileSink, httpSink, oneAtATime, otlpSink, saying, Tear } from '../../../src/edge/node/log-sinks.ts';
import { otlp } from '../../../src/providers/duckdb/readers/otlp.ts';

const line = (route: string): string => JSON.stringify(requestLine({ route }));

void it('a file that is moved away is let go, and the next batch begins a new one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-sink-'));
  try {
    const path = join(dir, 'logs', 'requests.ndjson');
    const sink = fileSink(path);
    assert.equal(await sink([line('a'), line('b')]), 2);
    await rename(path, `${path}.1`);
    assert.equal(await sink([line('c')]), 1);
    assert.equal(await readFile(`${path}.1`, 'utf8'), `${line('a')}\n${line('b')}\n`);
    assert.equal(await readFile(path, 'utf8'), `${line('c')}\n`);
  } finally {
    await rm(dir, { recursive: true });
  }
});

void it(
  'a full disk keeps the lines waiting, and costs no request',
  { skip: process.platform !== 'linux' && 'no /dev/full' },
  async () => {
    const buffer = new LogBuffer(fileSink('/dev/full'), false);
    for (let i = 0; i < 20_010; i += 1) buffer.push(requestLine({ route: String(i) }), () => undefined);
    assert.equal(await buffer.flush(), false);
  },
);

void it('a disk that fills up in the middle of a line: the torn line is ended, and written again whole', async () => {
  let file = '';
  let room = 0;
  const write = async (bytes: Buffer, offset: number): Promise<{ bytesWritten: number }> => {
    const taken = bytes.subarray(offset, offset + Math.min(room, 7));
    if (taken.length === 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    room -= taken.length;
    file += taken.toString();
    return { bytesWritten: taken.length };
  };
  const lines = ['{"a":1}', '{"b":2}', '{"c":3}'];
  for (let first = 0; first <= 30; first += 1)
    for (let second = 0; second <= 30; second += 5) {
      file = '';
      const tear = new Tear();
      let left = lines;
      for (const free of [first, second, 1000]) {
        room = free;
        const taken = await tear.write(left, write).catch(() => 0);
        left = left.slice(taken);
        if (left.length === 0) break;
      }
      room = 1000;
      await tear.write(['{"d":4}'], write);
      const all = [...lines, '{"d":4}'];
      const whole = file.split('\n').filter((one) => all.includes(one));
      assert.deepEqual(whole, all, JSON.stringify([first, second, file]));
      assert.ok(file.endsWith('\n'));
    }
});

void it('a collector gets batches by HTTP or OTLP, which our own reader reads; one that refuses gets them again', async () => {
  let status = 503;
  const got: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((parts) => {
      if (status === 200)
        got.push({ headers: request.headers, body: Buffer.concat(parts as Buffer[]).toString() });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  try {
    const headers = { authorization: 'Bearer x' };
    const [plain, asOtlp] = [
      httpSink(url, headers),
      otlpSink(url, headers, { service: 'docs', region: 'eu' }),
    ];
    const lines = [line('a'), line('b')];
    for (const sink of [plain, asOtlp]) await assert.rejects(sink(lines), /503/);
    status = 200;
    for (const sink of [plain, asOtlp]) assert.equal(await sink(lines), 2);
    assert.equal(got[0]?.body, `${lines.join('\n')}\n`);
    assert.deepEqual(
      got.map((one) => [one.headers['content-type'], one.headers.authorization]),
      [
        ['application/x-ndjson', 'Bearer x'],
        ['application/json', 'Bearer x'],
      ],
    );
    const settings = { fields: {} } as Parameters<typeof otlp.open>[0];
    const read = otlp.open(settings)(got[1]?.body ?? '');
    assert.deepEqual(
      read,
      lines.map((native) => ({ native })),
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

void it('a sink that hangs is asked once, and what waits for it stays bounded', async () => {
  let asked = 0;
  let goOn: () => void = () => undefined;
  const hangs = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const sink = oneAtATime(async (lines) => {
    asked += 1;
    await hangs;
    return lines.length;
  });
  const buffer = new LogBuffer(sink, false);
  const push = (): void => buffer.push(requestLine({ route: '/' }), () => undefined);
  push();
  const first = buffer.flush();
  for (let i = 0; i < 5; i += 1) {
    push();
    assert.equal(await buffer.flush(), false);
  }
  assert.equal(asked, 1);
  goOn();
  assert.equal(await first, true);
  assert.equal(await buffer.flush(), true);
  assert.equal(asked, 2);
});

void it('a collector that was away for long is given what waited in bodies that it takes', async () => {
  const bodies: string[] = [];
  let room = 3;
  const server = createServer((request, response) => {
    void request.toArray().then((parts) => {
      const body = Buffer.concat(parts as Buffer[]);
      const isTaken = room > 0 && body.length <= 1_000_000;
      room -= 1;
      if (isTaken) bodies.push(body.toString());
      response.writeHead(isTaken ? 200 : 413).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  try {
    const lines = Array.from({ length: 5000 }, (_, i) => line(String(i)));
    for (const sink of [httpSink(url, {}), otlpSink(url, {}, { service: 'docs', region: 'eu' })]) {
      bodies.length = 0;
      room = 3;
      const taken = await sink(lines);
      assert.ok(taken > 0 && taken < lines.length, String(taken));
      room = Number.POSITIVE_INFINITY;
      assert.equal(await sink(lines.slice(taken)), lines.length - taken);
      const routes = [...bodies.join('').matchAll(/route\W+(\d+)/g)].map(([, route]) => Number(route));
      assert.deepEqual(
        routes,
        lines.map((_, i) => i),
      );
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

void it('a sink that is away, slow or full is said once, and its coming back too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const said: string[] = [];
  let answer: () => Promise<number> = () =>
    Promise.reject(new Error('refused', { cause: new Error('ECONNX') }));
  const sink = saying(
    () => answer(),
    'http://logs',
    (text) => said.push(text),
  );
  for (let i = 0; i < 3; i += 1) await assert.rejects(sink(['a', 'b']), /refused/);
  answer = () => Promise.resolve(2);
  for (let i = 0; i < 3; i += 1) assert.equal(await sink(['a', 'b']), 2);
  answer = () => Promise.resolve(1);
  assert.equal(await sink(['a', 'b']), 1);
  answer = () => Promise.resolve(2);
  await sink(['a', 'b']);
  let goOn: (taken: number) => void = () => undefined;
  answer = () =>
    new Promise((resolve) => {
      goOn = resolve;
    });
  const hangs = sink(['a', 'b']);
  t.mock.timers.tick(60_000);
  goOn(2);
  await hangs;
  const expected = [
    /^log http:\/\/logs: lines wait.*refused \(ECONNX\)/,
    /again/,
    /some of them/,
    /again/,
    /no answer/,
    /again/,
  ];
  assert.equal(said.length, expected.length, said.join('; '));
  for (const [i, pattern] of expected.entries()) assert.match(said[i] ?? '', pattern);
});
