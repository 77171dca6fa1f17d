/** What the board is told of probes under way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import type { ProbesPlan } from '../../src/domain/plan.ts';
import { openProber, type Prober } from '../../src/probes/prober.ts';
import { section, tempFolder, writeSet } from './set-folder.ts';
import { probe, REQUEST } from './support.ts';
import { httpServer } from './servers.ts';

const ANSWER = JSON.stringify({ answer: 'x', citations: [], retrieved: [] });

/** Asks both colors at `url` the probes of a set of these names. */
async function proberOf(
  url: string,
  names: readonly string[],
  more: Partial<ProbesPlan> = {},
): Promise<Prober> {
  const set = await writeSet(
    await tempFolder(),
    names.map((name) => probe(name)),
    names.map((name) => section(`section-${name}`, `some words of ${name}`)),
  );
  const scope = {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ region: 'eu', url }],
    colorUrls: { blue: url, green: url },
    env: {},
  } as const;
  return openProber(scope, {
    set,
    digest: '',
    embedder: { use: 'lexical' },
    scale: 'raw',
    request: { ...REQUEST, via: 'direct' },
    response: CONTRACT_MAP,
    concurrency: 4,
    timeoutMs: 5000,
    ...more,
  });
}

test('progress counts probes, never the texts that are embedded after a round, and never goes back', async (t) => {
  const url = await httpServer(t, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(ANSWER);
  });
  const prober = await proberOf(url, ['a', 'b', 'c'], { concurrency: 2 });
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
    response.end(ANSWER);
  });
  const ids = ['a', 'b'];
  const prober = await proberOf(url, ids, {
    retrieval: {
      request: { ...REQUEST, via: 'direct', path: '/retrieve' },
      retrieved: '$.retrieved',
      answers: 1,
    },
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

test('dialogs wait as probes do when a color has had too many', async (t) => {
  const turns: string[] = [];
  const url = await httpServer(t, ({ url: path = '' }, response) => {
    turns.push(path);
    response.writeHead(turns.length === 1 ? 429 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ answer: 'it is known', citations: [], retrieved: [] }));
  });
  const request = {
    ...REQUEST,
    via: 'direct',
    body: { question: '{{question}}', dialog: '{{dialog}}' },
  } as const;
  const { dialogs } = await proberOf(url, ['a'], {
    dialogs: {
      first: { ...request, path: '/first' },
      second: { ...request, path: '/second' },
      id: null,
      remembered: { at: '$.answer', says: 'known' },
      count: 1,
    },
  });
  const { signal } = new AbortController();
  const open = (await dialogs?.begin('blue', signal)) ?? [];
  const runs = await dialogs?.proceed(open, 'green', signal);
  assert.deepEqual(
    runs?.map(({ remembered, error }) => [remembered, error]),
    [[true, null]],
  );
  assert.deepEqual(turns, ['/first', '/first', '/second']);
});
