/** Embedders and their cache. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { cosineDistance } from '../../src/domain/probes/delta-s.ts';
import { withCache } from '../../src/probes/embed/cache.ts';
import type { Embedder } from '../../src/probes/embed/embedder.ts';
import { decodeHalf, encodeHalf, fromHalf, roundToHalf, toHalf } from '../../src/probes/embed/float16.ts';
import { createLexical } from '../../src/probes/embed/lexical.ts';
import { createUseLite } from '../../src/probes/embed/use-lite.ts';
import { openVectorFile } from '../../src/probes/embed/vector-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'cutover-embed-'));
const useLite = createUseLite();
after(async () => {
  await useLite.close();
  rmSync(folder, { recursive: true });
});

test('float16: known values, and rounding twice is rounding once', () => {
  const known: readonly [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65520, 0x7c00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -14, 0x0400],
    [0.1, 0x2e66],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ];
  for (const [value, bits] of known) assert.equal(toHalf(value), bits, String(value));
  assert.ok(Number.isNaN(fromHalf(toHalf(Number.NaN))));
  for (let bits = 0; bits < 0x7c00; bits += 1) assert.equal(toHalf(fromHalf(bits)), bits);
  fc.assert(
    fc.property(fc.float32Array({ minLength: 1, noNaN: true }), (values) => {
      const once = roundToHalf(values);
      assert.deepEqual(decodeHalf(encodeHalf(once), 0, once.length), once);
    }),
  );
});

test('use-lite: unit vectors that depend on the text alone, and meaning shows', async () => {
  const texts = [
    'How do I rotate an API key?',
    'Renew the access token of the service',
    'The Eiffel tower is in Paris',
  ];
  const [key, token, tower] = await useLite.embed(texts, 'query');
  const again = await useLite.embed(texts.toReversed(), 'passage');
  assert.ok(key !== undefined && token !== undefined && tower !== undefined);
  assert.deepEqual(again[2], key);
  assert.equal(key.length, 512);
  assert.ok(Math.abs(Math.hypot(...key) - 1) < 1e-3);
  assert.deepEqual(roundToHalf(key), key);
  assert.ok(cosineDistance(key, token) < cosineDistance(key, tower));
  const [empty] = await useLite.embed([''], 'query');
  assert.equal(empty?.length, 512);
});

test('use-lite leaves the event loop free and stops on abort', async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  const text = 'vacuum rebuilds the database file '.repeat(10);
  await useLite.embed([`${text}1`, `${text}2`], 'passage');
  clearInterval(timer);
  assert.ok(ticks >= 5, `${ticks} ticks`);
  const control = new AbortController();
  const work = useLite.embed(
    Array.from({ length: 50 }, (_, i) => `${text}${i}`),
    'passage',
    control.signal,
  );
  setTimeout(() => control.abort(new Error('enough')), 30);
  await assert.rejects(work, /enough/u);
});

test('an idle embedder lets the process end', async () => {
  const entry = new URL('../../src/probes/embed/use-lite.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(entry)}).then(async ({ createUseLite }) => {
    const vectors = await createUseLite().embed(['a text'], 'query');
    process.stdout.write(String(vectors[0].length));
  });`;
  const child = execFile(process.execPath, [
    ...process.execArgv.filter((a) => !a.startsWith('--test')),
    '-e',
    script,
  ]);
  let out = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  const killer = setTimeout(() => child.kill(), 30_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(killer);
  assert.deepEqual([code, out], [0, '512']);
});

test('a vector from the float16 file equals the live one', async () => {
  const base = join(folder, 'vectors');
  const open = (mode: 'read' | 'append') => openVectorFile({ base, embedder: useLite.id, dim: 512, mode });
  const texts = ['one text', 'another text'];
  const live = await useLite.embed(texts, 'passage');
  const writing = open('append');
  const first = withCache(
    { ...shell(useLite), embed: (t, r, s) => useLite.embed(t, r, s) },
    { file: writing },
  );
  assert.deepEqual(await first.embed(texts, 'passage'), live);
  await first.close();
  const reading = withCache(failing(useLite), { file: open('read') });
  assert.deepEqual(await reading.embed(texts, 'passage'), live);
  assert.deepEqual([reading.hits, reading.misses], [2, 0]);
  // The role is part of the key.
  await assert.rejects(reading.embed(texts, 'query'), /not live/u);
  assert.equal(statSync(`${base}.f16`).size, 2 * 512 * 2);
});

test('a writer that died leaves a shorter cache, never a wrong one', async () => {
  const base = join(folder, 'torn');
  const options = { base, embedder: 'x/f16', dim: 4, mode: 'append' } as const;
  const vector = (n: number): Float32Array => new Float32Array([n, 0.5, 0.25, 0]);
  const key = (n: number): string => String(n).padStart(32, '0');
  const one = openVectorFile(options);
  one.append(key(1), vector(1));
  one.close();
  writeFileSync(`${base}.f16`, Buffer.concat([readFileSync(`${base}.f16`), Buffer.from([1, 2, 3])]));
  const two = openVectorFile(options);
  two.append(key(2), vector(2));
  two.close();
  const three = openVectorFile({ base, embedder: 'x/f16', dim: 4 });
  assert.deepEqual([three.get(key(1)), three.get(key(2)), three.size], [vector(1), vector(2), 2]);
  assert.equal(openVectorFile({ base, embedder: 'y/f16', dim: 4 }).size, 0);
  writeFileSync(`${base}.json`, '{"schema":2}');
  assert.throws(() => openVectorFile(options), { name: 'UserError' });
});

test('vectors that are gone while their index stands are named, in every way of opening them (D12)', () => {
  const base = join(folder, 'gone');
  const options = { base, embedder: 'x/f16', dim: 4 } as const;
  const file = openVectorFile({ ...options, mode: 'append' });
  file.append('1'.padStart(32, '0'), new Float32Array([1, 0, 0, 0]));
  file.close();
  rmSync(`${base}.f16`);
  for (const mode of ['read', 'append'] as const) {
    assert.throws(() => openVectorFile({ ...options, mode }), {
      name: 'UserError',
      message: /gone\.f16 cannot be read, though its index stands beside it/,
    });
  }
  mkdirSync(`${base}.f16`);
  assert.throws(() => openVectorFile(options), { name: 'UserError' }, 'a folder of that name');
});

test('the memory keeps what was used last', async () => {
  let calls = 0;
  const counting: Embedder = {
    ...shell(useLite),
    embed: async (texts) => {
      calls += texts.length;
      return texts.map(() => new Float32Array(512).fill(1));
    },
  };
  const cached = withCache(counting, { maxEntries: 2 });
  await cached.embed(['a', 'b', 'a'], 'query');
  assert.equal(calls, 2);
  await cached.embed(['a'], 'query');
  await cached.embed(['c'], 'query');
  await cached.embed(['a'], 'query');
  assert.equal(calls, 3);
  await cached.embed(['b'], 'query');
  assert.equal(calls, 4);
});

test('only an embedder that rounds may have a file', () => {
  const file = openVectorFile({ base: join(folder, 'none'), embedder: 'z', dim: 4 });
  assert.throws(() => withCache({ ...failing(useLite), id: 'openai:m/512' }, { file }), TypeError);
});

test('lexical: instant, deterministic, named by its corpus', async () => {
  const corpus = [
    'vacuum rebuilds the database file',
    'the write ahead log holds changes',
    'types are dynamic',
  ];
  const lexical = createLexical(corpus);
  const [question, near, far] = await lexical.embed(
    ['vacuum a database', corpus[0] ?? '', corpus[1] ?? ''],
    'query',
  );
  assert.ok(question !== undefined && near !== undefined && far !== undefined);
  assert.ok(cosineDistance(question, near) < 0.6 && cosineDistance(question, far) > 0.9);
  assert.notEqual(createLexical(['other']).id, lexical.id);
  assert.equal((await lexical.embed(['…'], 'query')).length, 1);
});

function shell({ id, dim, maxTokens, windowWords }: Embedder): Omit<Embedder, 'embed'> {
  return { id, dim, maxTokens, windowWords, close: async () => {} };
}

function failing(of: Embedder): Embedder {
  return {
    ...shell(of),
    embed: () => Promise.reject(new Error('not live')),
  };
}
