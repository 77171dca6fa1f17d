/** What slips past a comparison of texts: other spellings of paths and of header names. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { H, isReserved } from '../../src/edge/headers.ts';
import { parseEdgeConfig } from '../../src/edge/parse-config.ts';
import { underAny, underAnySpelling } from '../../src/edge/paths.ts';
import { readContext, writeRefusal, type NewestWords } from '../../src/edge/app-kit.ts';
import { firstConfig } from '../../src/conformance/store.ts';
import { request, talk } from './raw.ts';
import { startEdge, type EdgeUnderTest } from './support.ts';

/** Spellings that some server reads as `/notes` or as something below it. */
const SAME = [
  '/notes',
  '/notes/',
  '/notes/1',
  '//notes',
  '///notes//1',
  '/%6eotes',
  '/%6Eotes',
  '/%6E%6F%74%65%73',
  '/NOTES',
  '/Notes/1',
  '/%4eOTES',
  '/notes;x',
  '/notes;x=1/2',
  '/notes/1;v=2',
  '/notes%2f1',
  '/notes%2F1',
  '/%2fnotes',
  '/x%2f..%2fnotes',
  '/./notes',
  '/%2e/notes',
  '/x/../notes',
  '/x/%2e%2e/notes',
  '/notes%5c1',
  '/notes%3bx',
  '/;x/notes',
];
const OTHER = ['/', '/note', '/notesx', '/notes.json', '/x/notes', '/ask', '/%256eotes'];

describe('spellings', () => {
  let edge: EdgeUnderTest;
  before(async () => {
    edge = await startEdge({ HIDDEN_ROUTES: '/.well-known/cutover,/__fault' });
    await edge.set({ writes: { blue: 'read-only', green: 'open' } });
  });
  after(() => edge.close());

  it('the fence list matches every spelling, and the exact list none but its own (B12)', () => {
    for (const path of SAME) assert.equal(underAnySpelling(['/notes'], path), true, path);
    for (const path of SAME) assert.equal(underAnySpelling(['/Notes/'], path), true, path);
    for (const path of OTHER) assert.equal(underAnySpelling(['/notes'], path), false, path);
    for (const path of ['/notes', '/notes/', '/notes/1'])
      assert.equal(underAny(['/notes'], path), true, path);
    for (const path of ['/NOTES', '//notes', '/%6eotes'])
      assert.equal(underAny(['/notes'], path), false, path);
    assert.equal(underAnySpelling(['/résumé'], '/r%C3%A9sum%C3%A9/1'), true);
    assert.equal(underAnySpelling(['/a%2fb'], '/A/b'), true);
    assert.equal(underAnySpelling(['/notes'], '/%ff%zz%/notes'), false);
    assert.equal(underAnySpelling([], '/notes'), false);
  });

  it('a write under any spelling meets the fence on the wire (B12)', async () => {
    const url = edge.edge.entries[0]?.url ?? '';
    for (const path of SAME) {
      const wire = await talk(url, request(path, ['content-length: 1'], 'POST', 'n'));
      assert.match(wire, /^HTTP\/1\.1 409 /, `${path}: ${wire}`);
    }
    for (const path of ['/ask', '/notesx']) {
      const wire = await talk(url, request(path, ['content-length: 1'], 'POST', 'n'));
      assert.match(wire, /^HTTP\/1\.1 200 /, `${path}: ${wire}`);
    }
  });

  it('what is the router’s own reaches no color under any spelling of its name (B12)', async () => {
    const names = [...Object.values(H), 'x-cutover-anything', 'x-exp'];
    const spelt = names.flatMap((name) => [
      name,
      name.toUpperCase(),
      name.replaceAll('-', '_'),
      name.replace('-', '_'),
      name.replace(/-([^-]*)$/, '_$1'),
    ]);
    for (const name of spelt) assert.equal(isReserved(name.toLowerCase()), true, name);
    for (const name of ['x-colors', 'x-cutovers', 'color', 'x-warmth', 'x-user-id'])
      assert.equal(isReserved(name), false);
    // A pin is judged, so it is sent in the tests of pins; an operation is a client's to set.
    const sent = spelt.filter((name) => name.toLowerCase() !== H.pin && name.toLowerCase() !== H.op);
    const wire = await talk(
      edge.edge.entries[0]?.url ?? '',
      request(
        '/echo',
        sent.map((name) => `${name}: forged`),
      ),
    );
    assert.match(wire, /^HTTP\/1\.1 200 /);
    const seen = edge.origins.blue.seen.at(-1)?.headers ?? {};
    assert.equal(seen['x-color'], 'blue');
    assert.deepEqual(
      Object.entries(seen).filter(([, value]) => value === 'forged'),
      [],
    );
  });

  it('the health contract and the fault switch are not served to the public, however they are spelt (B13)', async () => {
    for (const path of [
      '/.well-known/cutover',
      '/.well-known/cutover/retire',
      '/__fault',
      '//__FAULT',
      '/.well%2dknown/cutover',
    ]) {
      const answer = await edge.get(path, { user: 'u1' });
      assert.equal(answer.status, 404, path);
      const [line] = await edge.lines(({ route }) => route === path);
      assert.deepEqual([line?.by, line?.status], ['edge', 404]);
    }
    assert.equal((await edge.get('/.well-known/other')).status, 200);
    const pin = await edge.pin({ color: 'green', kind: 'probe' });
    assert.equal((await edge.get('/.well-known/cutover', { headers: pin })).status, 200);
  });

  it('a config whose texts could break a header or a line is refused when it is read (B11)', () => {
    const good = firstConfig('docs');
    assert.equal(typeof parseEdgeConfig(good), 'object');
    const unicode = { ...good, releases: { blue: 'r-é', green: '版本二' } };
    assert.equal(typeof parseEdgeConfig(unicode), 'object');
    for (const bad of ['a\nb', 'a\r\nx-evil: 1', '\0', '\u007f', 'x\ud800', 'x'.repeat(257)]) {
      for (const patch of [
        { releases: { blue: bad, green: 'r2' } },
        { salt: bad },
        { writer: bad },
        { service: bad },
        { cohorts: [bad] },
      ]) {
        assert.equal(typeof parseEdgeConfig({ ...good, ...patch }), 'string', JSON.stringify(patch));
      }
    }
    for (const patch of [
      { freezeUntilMs: -1 },
      { freezeUntilMs: 1.5 },
      { weightPercent: Number.NaN },
      { weightPercent: '5' },
      { cacheEpoch: { blue: -1, green: 1 } },
      { cohorts: Array.from({ length: 1001 }, () => 'c') },
    ]) {
      assert.equal(typeof parseEdgeConfig({ ...good, ...patch }), 'string', JSON.stringify(patch));
    }
  });

  it('a release in any script passes through headers and says what it says (B11)', async () => {
    await edge.set({ releases: { blue: 'r é 版', green: 'r2' } });
    const answer = await edge.get('/x');
    assert.equal(answer.status, 200);
    assert.equal(decodeURIComponent(answer.headers.get('x-release') ?? ''), 'r é 版');
    const [line] = await edge.lines(({ release }) => release === 'r é 版');
    assert.equal(line?.error, null);
  });
});

describe('app kit: older words', () => {
  const word = (color: string, generation: number, writes: string, more: Record<string, string> = {}) => ({
    'x-color': color,
    'x-cfg-gen': String(generation),
    'x-cutover-writes': writes,
    'x-cutover-producer': color,
    ...more,
  });
  const refusal = (headers: Record<string, string>, newest: NewestWords) =>
    writeRefusal(readContext(headers, newest), {}, 1000)?.reason ?? null;

  it('an older generation opens nothing that a newer one closed (B12)', () => {
    const newest: NewestWords = new Map();
    assert.equal(refusal(word('blue', 7, 'open'), newest), null);
    assert.equal(refusal(word('blue', 9, 'read-only'), newest), 'late');
    assert.equal(refusal(word('blue', 8, 'open'), newest), 'late');
    assert.equal(refusal(word('blue', 7, 'open'), newest), 'late');
    assert.equal(refusal(word('blue', 10, 'open'), newest), null);
    assert.equal(refusal(word('blue', 9, 'read-only'), newest), null, 'nor does it close what was opened');
  });

  it('the freeze and the producer are the newest generation’s too (B12)', () => {
    const newest: NewestWords = new Map();
    readContext(
      word('blue', 5, 'open', { 'x-cutover-freeze-until': '2000', 'x-cutover-producer': 'green' }),
      newest,
    );
    const older = readContext(word('blue', 4, 'open'), newest);
    assert.deepEqual([older.freezeUntilMs, older.producer, older.generation], [2000, 'green', 4]);
    assert.equal(refusal(word('blue', 4, 'open'), newest), 'frozen');
  });

  it('newer word for the other color makes older word wait (B12)', () => {
    const newest: NewestWords = new Map();
    readContext(word('green', 9, 'open'), newest);
    assert.equal(refusal(word('blue', 8, 'open'), newest), 'frozen');
    assert.equal(refusal(word('blue', 9, 'read-only'), newest), 'late');
    assert.equal(refusal(word('green', 9, 'open'), newest), null);
  });

  it('a process remembers by itself (B12)', () => {
    readContext(word('blue', 1_000_001, 'read-only'));
    assert.equal(readContext(word('blue', 1_000_000, 'open')).writes, 'read-only');
  });
});
