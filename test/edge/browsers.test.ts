/** What browsers need of the router: to stay at the entry, to read its refusals, and to be known without a header. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bucketOf } from '../../src/domain/bucket.ts';
import { keepAtEntry } from '../../src/edge/entry.ts';
import { decodedHeader, latin1Header, stickyKey, type Sticky } from '../../src/edge/sticky.ts';
import { rawOrigin, request, talk } from './raw.ts';
import { startEdge, type EdgeUnderTest } from './support.ts';

const PAGE = 'https://app.example.com';

describe('at the entry', () => {
  const entry = new URL('https://api.example.com/x?y');
  const origins = { blue: new URL('http://blue.internal:8080/base'), green: null };
  const kept = (name: string, said: string): string | null => {
    const headers = new Headers({ [name]: said });
    keepAtEntry(headers, entry, 'blue', origins);
    return headers.get(name);
  };

  it('addresses of either color become the entry’s, others stay (B8)', () => {
    const table: readonly [string, string][] = [
      ['http://blue.internal:8080/base/login?a=1#b', 'https://api.example.com/login?a=1#b'],
      ['https://blue.internal:8080/base', 'https://api.example.com/'],
      ['HTTP://BLUE.internal:8080/base/', 'https://api.example.com/'],
      ['//blue.internal:8080/base/x', 'https://api.example.com/x'],
      ['http://blue.internal:8080/elsewhere', 'https://api.example.com/elsewhere'],
      ['https://origin.cutover/x', 'https://api.example.com/x'],
      ['/base/x', '/x'],
      ['/base', '/'],
      ['/based/x', '/based/x'],
      ['x/y', 'x/y'],
      ['?page=2', '?page=2'],
      ['https://login.example.com/', 'https://login.example.com/'],
      ['http://blue.internal:9090/x', 'http://blue.internal:9090/x'],
      ['https://api.example.com/x', 'https://api.example.com/x'],
      ['http://[broken', 'http://[broken'],
      ['mailto:a@b', 'mailto:a@b'],
    ];
    for (const name of ['location', 'content-location']) {
      for (const [said, expected] of table) assert.equal(kept(name, said), expected, said);
    }
  });

  it('the color is told the entry, and a redirect built from its own address leads back to it (B8)', async () => {
    const seen: string[] = [];
    const origin = await rawOrigin((_path, socket, head) => {
      seen.push(head.toLowerCase());
      const host = /\r\nhost: (.+)\r\n/i.exec(head)?.[1] ?? '';
      socket.end(
        `HTTP/1.1 302 Found\r\nlocation: http://${host}/next\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
    });
    const edge = await startEdge({}, { origins: { blue: origin.url, green: origin.url } });
    try {
      await edge.set({});
      const url = edge.edge.entries[0]?.url ?? '';
      const forged = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher' };
      const answer = await fetch(`${url}/start`, { redirect: 'manual', headers: forged });
      assert.deepEqual([answer.status, answer.headers.get('location')], [302, `${url}/next`]);
      assert.match(seen[0] ?? '', new RegExp(`x-forwarded-host: ${new URL(url).host}\r\n`));
      assert.match(seen[0] ?? '', /x-forwarded-proto: http\r\n/);
    } finally {
      await edge.close();
      await origin.close();
    }
  });
});

describe('pages of other origins', () => {
  let edge: EdgeUnderTest;
  before(async () => {
    edge = await startEdge({ CORS_ORIGINS: PAGE });
    await edge.set({ writes: { blue: 'read-only', green: 'open' } });
  });
  after(() => edge.close());

  it('can read a refusal, if they are listed (B13)', async () => {
    const refused = (origin: string) =>
      edge.get('/notes', { method: 'POST', body: 'n', headers: { origin } });
    const listed = await refused(PAGE);
    assert.deepEqual(
      [
        listed.status,
        ...['access-control-allow-origin', 'access-control-allow-credentials', 'vary'].map((name) =>
          listed.headers.get(name),
        ),
      ],
      [409, PAGE, 'true', 'origin'],
    );
    assert.match(listed.headers.get('access-control-expose-headers') ?? '', /x-cutover-write/);
    const other = await refused('https://evil.example');
    assert.deepEqual([other.status, other.headers.get('access-control-allow-origin')], [409, null]);
  });

  it('get their preflight from the router, the same whichever color the request goes to (B13)', async () => {
    const preflight = (origin: string, method = 'PUT') =>
      edge.get('/preflight', {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': 'x-user-id',
        },
      });
    const before = edge.origins.blue.seen.length + edge.origins.green.seen.length;
    const listed = await preflight(PAGE);
    assert.deepEqual(
      [
        listed.status,
        ...['origin', 'methods', 'headers'].map((name) => listed.headers.get(`access-control-allow-${name}`)),
      ],
      [204, PAGE, 'PUT', 'x-user-id'],
    );
    assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-methods'), null);
    assert.equal(
      edge.origins.blue.seen.length + edge.origins.green.seen.length,
      before,
      'no color was asked',
    );
    const lines = await edge.lines(({ route }) => route === '/preflight', 2);
    assert.deepEqual(
      lines.map(({ by }) => by),
      ['edge', 'edge'],
    );
    const plain = await edge.get('/plain', { method: 'OPTIONS' });
    assert.equal(
      ((await plain.json()) as { color: string }).color,
      'blue',
      'OPTIONS that is no preflight passes',
    );
  });
});

describe('sticky keys', () => {
  const key = (sticky: Sticky, headers: Record<string, string>) =>
    stickyKey(sticky, new Headers(headers), decodedHeader).key;

  it('are the first of a repeated header or cookie, as they came (B13)', () => {
    const header: Sticky = { header: 'x-user-id' };
    const table: readonly [Sticky, Record<string, string>, string | null][] = [
      [header, {}, null],
      [header, { 'x-user-id': '' }, null],
      [header, { 'x-user-id': 'a' }, 'a'],
      [header, { 'x-user-id': 'a, b' }, 'a'],
      [header, { 'x-user-id': 'a,b' }, 'a'],
      [header, { 'x-user-id': ', b' }, null],
      [header, { 'x-user-id': 'a%20b' }, 'a%20b'],
      [header, { cookie: 'x-user-id=a' }, null],
      [{ cookie: 'uid' }, { cookie: 'uid=a' }, 'a'],
      [{ cookie: 'uid' }, { cookie: 'x=1; uid=a; uid=b' }, 'a'],
      [{ cookie: 'uid' }, { cookie: 'x=1, uid=a' }, 'a'],
      [{ cookie: 'uid' }, { cookie: 'UID=b; uid=a' }, 'a'],
      [{ cookie: 'uid' }, { cookie: 'xuid=b;uid=a==' }, 'a=='],
      [{ cookie: 'uid' }, { cookie: 'uid="a b"' }, '"a b"'],
      [{ cookie: 'uid' }, { cookie: 'uid=' }, null],
      [{ cookie: 'uid' }, { cookie: 'uid' }, null],
    ];
    for (const [sticky, headers, expected] of table)
      assert.equal(key(sticky, headers), expected, JSON.stringify([sticky, headers]));
  });

  it('are the bytes as received on every runtime; what is not UTF-8 is no key (B13)', () => {
    const table: readonly [readonly number[], string | null][] = [
      [[0x61], 'a'],
      [[0xc3, 0xa9], 'é'],
      [[0x65, 0xcc, 0x81], 'e\u0301'],
      [[0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
      [[0xf0, 0x9f, 0x99, 0x82], '🙂'],
      [[0xe9], null],
      [[0xc3], null],
      [[0xed, 0xa0, 0x80], null],
      [[0xef, 0xbf, 0xbd], null],
    ];
    for (const [bytes, expected] of table) {
      const raw = Uint8Array.from(bytes);
      assert.equal(latin1Header(String.fromCharCode(...bytes)), expected, String(bytes));
      const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw);
      assert.equal(decodedHeader(decoded), expected, String(bytes));
    }
  });

  it('lose only blanks of the wire, so that blanks of Unicode are the same key on every runtime', () => {
    const keys = ['voil\u00e0', 'a\u00a0', '\u3000a', '\ufeffa', 'a\u2003', '\u0085', 'a\u00a0b'];
    for (const key of keys) {
      const bytes = Buffer.from(key).toString('latin1');
      const sent: readonly [Sticky, (text: string) => string][] = [
        [{ header: 'x-user-id' }, (text) => ` ${text}\t`],
        [{ header: 'x-user-id' }, (text) => `${text} , other`],
        [{ cookie: 'uid' }, (text) => `a=b; uid = ${text} ; c=d`],
        [{ cookie: 'uid' }, (text) => `uid=${text}`],
      ];
      for (const [sticky, wire] of sent) {
        const asNode = stickyKey(sticky, { get: () => wire(bytes) }, latin1Header).key;
        const asWorkerd = stickyKey(sticky, { get: () => wire(key) }, decodedHeader).key;
        assert.deepEqual([asNode, asWorkerd], [key, key], JSON.stringify([key, sticky]));
      }
    }
  });

  it('workerd and Node agree on raw bytes over a socket (B13)', async () => {
    const edge = await startEdge();
    try {
      const { salt } = await edge.set({ weightPercent: 50 });
      const url = edge.edge.entries[0]?.url ?? '';
      const keys = ['plain', 'é', 'e\u0301', '用户七', '🙂'].map((text) => Buffer.from(text));
      const broken = [Buffer.from([0xe9]), Buffer.from('\ufffd'), Buffer.from([0x61, 0xff])];
      for (const [index, bytes] of [...keys, ...broken].entries()) {
        const path = `/raw/${index}`;
        const [before, behind] = request(path, ['x-user-id: @']).split('@');
        await talk(url, Buffer.concat([Buffer.from(before ?? ''), bytes, Buffer.from(behind ?? '')]));
        const [line] = await edge.lines(({ route }) => route === path);
        const text = latin1Header(bytes.toString('latin1'));
        assert.equal(line?.bucket, text === null ? null : bucketOf(salt, text), path);
        assert.equal(line?.user === null, text === null);
      }
    } finally {
      await edge.close();
    }
  });

  it('of a cookie keep a browser on its side; the header then means nothing (B13)', async () => {
    const edge = await startEdge({ STICKY_COOKIE: 'sid' });
    try {
      const { salt } = await edge.set({ weightPercent: 50 });
      for (let i = 0; i < 20; i++) {
        const answer = await edge.get('/c', { user: 'same', headers: { cookie: `a=b; sid=s${i}` } });
        assert.equal(answer.headers.get('x-color'), bucketOf(salt, `s${i}`) < 50_000 ? 'green' : 'blue');
        assert.equal(answer.headers.get('set-cookie'), null);
      }
    } finally {
      await edge.close();
    }
  });

  it('are set by the router where nobody is known, and then kept (B13)', async () => {
    const edge = await startEdge({ STICKY_ANONYMOUS: '1', CORS_ORIGINS: PAGE });
    try {
      const { salt } = await edge.set({ weightPercent: 50 });
      const ids = new Set<string>();
      const colors = new Set<string | null>();
      for (let i = 0; i < 20; i++) {
        const first = await edge.get('/answer?anonymous');
        const cookie = first.headers.get('set-cookie') ?? '';
        assert.match(
          cookie,
          /^cutover_id=[0-9a-f]{32}; Path=\/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax$/,
        );
        assert.equal(first.headers.get('cache-control'), 'private, no-cache');
        const id = cookie.slice(11, 43);
        ids.add(id);
        const expected = bucketOf(salt, id) < 50_000 ? 'green' : 'blue';
        assert.equal(first.headers.get('x-color'), expected);
        colors.add(expected);
        const second = await edge.get('/answer?anonymous', { headers: { cookie: `cutover_id=${id}` } });
        assert.deepEqual([second.headers.get('x-color'), second.headers.get('set-cookie')], [expected, null]);
      }
      assert.equal(ids.size, 20);
      assert.equal(colors.size, 2);
      const forged = await edge.get('/x', { headers: { cookie: 'cutover_id=me' } });
      assert.match(forged.headers.get('set-cookie') ?? '', /^cutover_id=[0-9a-f]{32};/);
      const pin = await edge.pin({ color: 'green', kind: 'probe' });
      assert.equal(
        (await edge.get('/x', { headers: pin })).headers.get('set-cookie'),
        null,
        'ours is no user',
      );
      const report = (await (await edge.admin('config')).json()) as {
        sticky: unknown;
        defaultColor: unknown;
      };
      assert.deepEqual([report.sticky, report.defaultColor], [{ anonymous: true }, 'blue']);
    } finally {
      await edge.close();
    }
  });
});
