/** What the board is told of probes under way. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { openProber } from '../../src/probes/prober.ts';
import { section, tempFolder, writeSet } from '../probes/set-folder.ts';
import { probe, REQUEST } from '../probes/support.ts';
import { httpServer } from './servers.ts';

const names = ['a', 'b', 'c'];
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ answer: 'x', citations: [], retrieved: [] }));
});

before(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
after(() => {
  server.closeAllConnections();
  server.close();
});

test('progress counts probes, never the texts that are embedded after a round, and never goes back', async () => {
  const set = await writeSet(
    await tempFolder(),
    names.map((name) => probe(name)),
    names.map((name) => section(`section-${name}`, `some words of ${name}`)),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scope = {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ region: 'eu', url }],
    colorUrls: { blue: url, green: url },
    env: {},
  } as const;
  const prober = await openProber(scope, {
    set,
    digest: '',
    embedder: { use: 'lexical' },
    scale: 'raw',
    request: { ...REQUEST, via: 'direct' },
    response: CONTRACT_MAP,
    concurrency: 2,
    timeoutMs: 5000,
  });
  const seen: number[] = [];
  const cells = prober.round(0);
  await prober.run(cells, {
    colors: ['blue', 'green'],
    round: 0,
    signal: new AbortController().signal,
    onProgress: (done) => seen.push(done),
  });
  const total = cells.length * 2;
  assert.deepEqual(
    seen,
    seen.toSorted((one, other) => one - other),
  );
  assert.equal(Math.max(...seen), total);
  assert.ok(seen.length > total, 'embedding shows that it goes on');
});

test('an address for retrieval that refuses holds up no whole answers', async (t) => {
  const seen: { readonly path: string; readonly atMs: number }[] = [];
  const url = await httpServer(t, ({ url: path = '' }, response) => {
    seen.push({ path, atMs: performance.now() });
    const isRefused = path === '/retrieve' && seen.filter((one) => one.path === path).length === 1;
    response.writeHead(isRefused ? 429 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ answer: 'x', citations: [], retrieved: [] }));
  });
  const ids = ['a', 'b'];
  const set = await writeSet(
    await tempFolder(),
    ids.map((name) => probe(name)),
    ids.map((name) => section(`section-${name}`, `some words of ${name}`)),
  );
  const scope = {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ region: 'eu', url }],
    colorUrls: { blue: url, green: url },
    env: {},
  } as const;
  const prober = await openProber(scope, {
    set,
    digest: '',
    embedder: { use: 'lexical' },
    scale: 'raw',
    request: { ...REQUEST, via: 'direct' },
    retrieval: {
      request: { ...REQUEST, via: 'direct', path: '/retrieve' },
      retrieved: '$.retrieved',
      answers: 1,
    },
    response: CONTRACT_MAP,
    concurrency: 4,
    timeoutMs: 5000,
  });
  const cells = Array.from({ length: 4 }, (_, seed) =>
    ids.map((probeId) => ({ probeId, paraphrase: 0, seed })),
  );
  await prober.run(cells.flat(), {
    colors: ['green'],
    round: 0,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const times = (wanted: string) => seen.filter(({ path }) => path === wanted).map(({ atMs }) => atMs);
  const [refusedAtMs = 0, ...retrieved] = times('/retrieve');
  assert.deepEqual([retrieved.length, times('/v1/answer').length], [4, 4]);
  const lastAnswerMs = Math.max(...times('/v1/answer')) - refusedAtMs;
  assert.ok(lastAnswerMs < 800, `within the pause of a second: ${lastAnswerMs}`);
});
