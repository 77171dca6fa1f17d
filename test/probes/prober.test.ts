/** What the board is told of probes under way. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { CONTRACT_MAP } from '../../src/domain/probes/contract-map.ts';
import { openProber } from '../../src/probes/prober.ts';
import { section, tempFolder, writeSet } from '../probes/set-folder.ts';
import { probe, REQUEST } from '../probes/support.ts';

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
