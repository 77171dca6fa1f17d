/**
 * The same bytes over a socket through workerd and Node: the same user, the same bucket, the same decision, the same line.
 * 20,000 keys, a tenth of them beyond ASCII or no UTF-8 at all (FUZZ_SHORT=1: 1,000).
 */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bucketOf, cutOff } from '../../../src/domain/bucket.ts';
import type { EdgeConfigPatch } from '../../../src/domain/edge-config.ts';
import { signPin } from '../../../src/domain/pin.ts';
import type { RequestLine } from '../../../src/domain/request-line.ts';
import { PIN_SECRET, startEdge } from '../support.ts';
import { startNodeRouter } from './support.ts';

const KEYS = process.env['FUZZ_SHORT'] === '1' ? 1_000 : 20_000;
const DECIDED = KEYS / 10;
const WEIGHTS = Array.from({ length: 11 }, (_, i) => i * 10);
const LANES = 8;
const SALT = 'vectors';

/** Numbers from 0 to 2³² − 1, the same on each run (xorshift). */
function drawn(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const SCRIPTS = [
  'é',
  'e\u0301',
  'ß',
  'ł',
  'Ω',
  'я',
  'ع',
  'ไ',
  '用',
  '户',
  'は',
  '한',
  '🙂',
  '👩‍🚀',
  '\u00a0',
  '\u3000',
  '\ufeff',
  'à',
];
const BROKEN: readonly (readonly number[])[] = [
  [0xe9],
  [0xff],
  [0xc3],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x99],
  [0xed, 0xa0, 0x80],
  [0xc0, 0xaf],
  [0xf5, 0x80, 0x80, 0x80],
  [0xef, 0xbf, 0xbd],
  [0xa0],
  [0x85],
];
const ASCII = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@+%"=;:/|';

function keyOf(index: number): Buffer {
  const draw = drawn(index * 2_654_435_761 + 1);
  const text = (): string => Array.from({ length: 1 + draw(24) }, () => ASCII[draw(ASCII.length)]).join('');
  if (index % 10 !== 0) return Buffer.from(text());
  if (index % 20 === 0) {
    const one = (): string => SCRIPTS[draw(SCRIPTS.length)] ?? '';
    return Buffer.from([one(), text(), one(), draw(2) === 0 ? one() : ''].join(''));
  }
  const bytes = Buffer.from(BROKEN[draw(BROKEN.length)] ?? []);
  return Buffer.concat(draw(2) === 0 ? [Buffer.from(text()), bytes] : [bytes, Buffer.from(text())]);
}

/** What the key is, said by nothing of ours but the hash. */
function textOf(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\ufffd') ? null : text;
  } catch {
    return null;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Requests one after the other over one kept connection, their bytes as they are; one that was closed while it was idle is opened anew. */
class Wire {
  readonly #url: string;
  #socket: Socket | null = null;
  #received: Buffer = Buffer.alloc(0);
  #end: (answer: Answer | Error) => void = () => undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async ask(bytes: Buffer): Promise<Answer> {
    const wasOpen = this.#socket !== null;
    const answer = await this.#askOnce(bytes);
    if (!(answer instanceof Error)) return answer;
    const again = wasOpen && this.#received.length === 0 ? await this.#askOnce(bytes) : answer;
    if (again instanceof Error) throw again;
    return again;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #askOnce(bytes: Buffer): Promise<Answer | Error> {
    return new Promise((resolve) => {
      this.#end = resolve;
      this.#received = Buffer.alloc(0);
      this.#socket ??= this.#open();
      this.#socket.write(bytes);
    });
  }

  #open(): Socket {
    const socket = connect(Number(new URL(this.#url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#socket = null;
      this.#end(new Error(`${this.#url} closed, having said ${this.#received.toString('latin1')}`));
    });
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
      const at = this.#received.indexOf('\r\n\r\n');
      if (at < 0) return;
      const [first = '', ...lines] = this.#received.subarray(0, at).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
      );
      const length = Number(headers['content-length']);
      if (Number.isNaN(length)) this.#end(new Error(`no length: ${first}`));
      else if (this.#received.length >= at + 4 + length)
        this.#end({ status: Number(first.split(' ')[1]), headers });
    });
    return socket;
  }
}

interface Runtime {
  readonly name: string;
  readonly url: string;
  set(patch: EdgeConfigPatch): Promise<unknown>;
  flush(): Promise<unknown>;
  lines(matches: (line: RequestLine) => boolean, count: number): Promise<RequestLine[]>;
  close(): Promise<void>;
}

async function bothOn(origin: string, vars: Readonly<Record<string, string>>): Promise<readonly Runtime[]> {
  const origins = { blue: origin, green: origin };
  const [edge, node] = await Promise.all([startEdge(vars, { origins }), startNodeRouter({ vars, origins })]);
  // The other one has begun with a first config.
  await edge.set({ salt: SALT });
  return [
    {
      name: 'workerd',
      url: edge.edge.entries[0]?.url ?? '',
      set: (patch) => edge.set({ salt: SALT, ...patch }),
      flush: () => edge.admin('flush', { method: 'POST' }).then((answer) => answer.text()),
      lines: (matches, count) => edge.lines(matches, count),
      close: () => edge.close(),
    },
    {
      name: 'Node',
      url: node.url,
      set: (patch) => node.set({ salt: SALT, ...patch }),
      flush: () => node.admin('flush', { method: 'POST' }).then((answer) => answer.text()),
      lines: (matches, count) => node.lines(matches, count),
      close: () => node.close(),
    },
  ];
}

/** Every key once, in lanes; the answers by the number of the key. */
async function askAll(
  { url }: Runtime,
  count: number,
  requestOf: (index: number) => Buffer,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    const wire = new Wire(url);
    for (let index = next++; index < count; index = next++) answers[index] = await wire.ask(requestOf(index));
    wire.close();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return answers;
}

/** Fields of a line that no runtime may tell otherwise. */
const TOLD = [
  'color',
  'reason',
  'bucket',
  'user',
  'user_by',
  'kind',
  'status',
  'error',
  'write',
  'by',
  'doubt',
  'cfg_gen',
  'method',
  'route',
] as const satisfies readonly (keyof RequestLine)[];

const withHeader = (name: string, path: string, value: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`GET ${path} HTTP/1.1\r\nhost: edge.test\r\n${name}`),
    value,
    Buffer.from('\r\n\r\n'),
  ]);

describe('the bytes of a user, on workerd and on Node', () => {
  let server: Server;
  let origin: string;
  const seen = new Map<string, IncomingMessage['headers']>();
  before(async () => {
    server = createServer((request, response) => {
      seen.set(request.url ?? '', request.headers);
      response.writeHead(200, { 'content-length': '2' });
      response.end('ok');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it(
    'make one bucket in the line, one hash, and whole decisions that never flip back',
    { timeout: 1_200_000 },
    async () => {
      const runtimes = await bothOn(origin, {});
      try {
        const buckets: (number | null)[][] = [];
        const users: (string | null)[][] = [];
        for (const runtime of runtimes) {
          await runtime.set({ weightPercent: 50 });
          await askAll(runtime, KEYS, (i) => withHeader('x-user-id: ', `/k/${i}`, keyOf(i)));
          await runtime.flush();
          const lines = await runtime.lines(({ route }) => route.startsWith('/k/'), KEYS);
          const byKey = new Map(lines.map((line) => [Number(line.route.slice(3)), line]));
          buckets.push(Array.from({ length: KEYS }, (_, i) => byKey.get(i)?.bucket ?? null));
          users.push(Array.from({ length: KEYS }, (_, i) => byKey.get(i)?.user ?? null));
        }
        const expected = Array.from({ length: KEYS }, (_, i) => {
          const text = textOf(keyOf(i));
          return text === null ? null : bucketOf(SALT, text);
        });
        assert.deepEqual(buckets[0], expected, 'workerd');
        assert.deepEqual(buckets[1], expected, 'Node');
        assert.deepEqual(users[1], users[0]);
        assert.equal(
          new Set(users[0]).size,
          new Set(Array.from({ length: KEYS }, (_, i) => textOf(keyOf(i)))).size,
        );
        const none = expected.filter((bucket) => bucket === null).length;
        assert.ok(none > KEYS / 25 && none < KEYS / 15, String(none));
        // What the bucket says at each whole weight: whoever is on `to` stays there.
        const colors = (bucket: number | null): string =>
          Array.from({ length: 101 }, (_, weight) => (bucket ?? 100_000) < cutOff(weight))
            .map(Number)
            .join('');
        for (const bucket of expected) assert.match(colors(bucket), /^0*1*$/);

        const green: boolean[][] = [];
        for (const weightPercent of WEIGHTS) {
          const arms = await Promise.all(
            runtimes.map(async (runtime) => {
              await runtime.set({ weightPercent });
              const path = `/d/${weightPercent}`;
              return await askAll(runtime, DECIDED, (i) =>
                withHeader('x-user-id: ', `${path}/${i}`, keyOf(i)),
              );
            }),
          );
          const [workerd = [], node = []] = arms.map((answers) =>
            answers.map(({ headers }) => headers['x-color']),
          );
          assert.deepEqual(node, workerd, `at ${weightPercent} %`);
          const should = expected
            .slice(0, DECIDED)
            .map((bucket) => (bucket === null ? weightPercent >= 100 : bucket < cutOff(weightPercent)));
          assert.deepEqual(
            node.map((color) => color === 'green'),
            should,
          );
          green.push(should);
        }
        for (const [step, row] of green.entries())
          for (const [i, isGreen] of row.entries()) assert.ok(!(green[step - 1]?.[i] === true && !isGreen));
      } finally {
        await Promise.all(runtimes.map((runtime) => runtime.close()));
      }
    },
  );

  it('are the same in a cookie', { timeout: 120_000 }, async () => {
    const runtimes = await bothOn(origin, { STICKY_COOKIE: 'sid' });
    const count = 400;
    try {
      for (const runtime of runtimes) {
        await runtime.set({ weightPercent: 50 });
        const plain = (i: number): Buffer => Buffer.from(keyOf(i * 10).filter((byte) => byte !== 0x3b));
        await askAll(runtime, count, (i) => withHeader('cookie: a=b; sid=', `/c/${i}`, plain(i)));
        for (const line of await runtime.lines(({ route }) => route.startsWith('/c/'), count)) {
          const text = textOf(plain(Number(line.route.slice(3))));
          assert.equal(
            line.bucket,
            text === null ? null : bucketOf(SALT, text),
            `${runtime.name} ${line.route}`,
          );
        }
      }
    } finally {
      await Promise.all(runtimes.map((runtime) => runtime.close()));
    }
  });

  it('and everything else that a request may say is read alike', { timeout: 120_000 }, async () => {
    const runtimes = await bothOn(origin, {});
    const expMs = Date.now() + 60_000;
    const pin = await signPin({ service: 'docs', color: 'green', kind: 'probe', expMs }, [PIN_SECRET]);
    const table: Readonly<Record<string, readonly [method: string, path: string, ...headers: string[]]>> = {
      plain: ['GET', '/v/plain', 'x-user-id: anna'],
      nobody: ['GET', '/v/nobody'],
      repeated: ['GET', '/v/repeated', 'x-user-id: anna', 'x-user-id: ben'],
      blank: ['GET', '/v/blank', 'x-user-id:   ', 'x-user-id: ben'],
      around: ['GET', '/v/around', 'x-user-id: \t anna \t'],
      list: ['GET', '/v/list', 'x-user-id: anna , ben'],
      forged: [
        'GET',
        '/v/forged',
        'x-color: green',
        'X_Color: green',
        'x-cutover-kind: probe',
        'x-exp: green',
        'x-release: r',
      ],
      pinned: ['GET', '/v/pinned', `x-cutover-pin: ${pin}`],
      'bad pin': ['GET', '/v/badpin', `x-cutover-pin: ${pin}x`],
      'hidden path': ['GET', '/.well-known/cutover'],
      'hidden, spelt': ['GET', '/%2ewell-known//cutover'],
      write: ['POST', '/notes/1', 'x-user-id: anna', 'content-length: 0'],
      'a write by its mark': ['GET', '/v/marked', 'x-user-id: anna', 'x-cutover-op: write'],
      enqueue: ['POST', '/jobs', 'x-user-id: anna', 'content-length: 0'],
      'other bytes in a path': ['GET', '/v/%ff%C3%A9?q=%00', 'x-user-id: anna'],
      'other bytes in a header': ['GET', '/v/bytes', 'x-user-id: anna', 'x-other: caf\u00e9 \u00c3\u00a9'],
    };
    const fields = (line: RequestLine | undefined): unknown => TOLD.map((name) => [name, line?.[name]]);
    try {
      const told: unknown[][] = [];
      for (const runtime of runtimes) {
        const rows: unknown[] = [];
        for (const [pass, writes] of (['open', 'read-only'] as const).entries()) {
          await runtime.set({ weightPercent: 30, writes: { blue: writes, green: writes } });
          for (const [what, [method, path, ...headers]] of Object.entries(table)) {
            seen.clear();
            const bytes = [`${method} ${path} HTTP/1.1`, 'host: edge.test', ...headers, '', ''].join('\r\n');
            const wire = new Wire(runtime.url);
            const { status, headers: said } = await wire.ask(Buffer.from(bytes, 'latin1'));
            wire.close();
            const pick = (from: Readonly<Record<string, unknown>>): unknown =>
              Object.fromEntries(
                Object.entries(from).filter(([name]) => /^x-(?!forwarded-for)|^x_/.test(name)),
              );
            const reached = [...seen.values()][0];
            const url = [...seen.keys()][0] ?? null;
            rows.push([what, writes, status, pick(said), url, reached === undefined ? null : pick(reached)]);
            const at = new URL(path, 'http://edge.test').pathname;
            const found = await runtime.lines(({ route }) => route === at, pass + 1);
            rows.push([what, fields(found.at(-1))]);
          }
        }
        told.push(rows);
      }
      assert.deepEqual(told[1], told[0]);
      assert.ok(JSON.stringify(told[0]).includes('"late"'), 'the fence was met');
    } finally {
      await Promise.all(runtimes.map((runtime) => runtime.close()));
    }
  });

  it('a config in doubt sends all to the color of record, and says so', { timeout: 120_000 }, async () => {
    const runtimes = await bothOn(origin, { MAX_STALE_MS: '0', CONFIG_TTL_MS: '60000' });
    try {
      for (const runtime of runtimes) {
        await runtime.set({ weightPercent: 100 });
        await sleep(20);
        const [answer] = await askAll(runtime, 1, () =>
          withHeader('x-user-id: ', '/doubt', Buffer.from('anna')),
        );
        assert.deepEqual(
          [answer?.headers['x-color'], answer?.headers['x-cutover-reason']],
          ['blue', 'doubt'],
          runtime.name,
        );
        const [line] = await runtime.lines(({ route }) => route === '/doubt', 1);
        assert.deepEqual([line?.doubt, line?.reason, line?.color], [true, 'doubt', 'blue']);
      }
    } finally {
      await Promise.all(runtimes.map((runtime) => runtime.close()));
    }
  });
});
