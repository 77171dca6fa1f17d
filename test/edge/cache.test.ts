/** The answer cache: split by color, emptied by epoch, never shared, and the demo's leak that gates must catch. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Color } from '../../src/domain/color.ts';
import { request, talk } from './raw.ts';
import { startEdge, type EdgeUnderTest } from './support.ts';

describe('answer cache', () => {
  let edge: EdgeUnderTest;
  before(async () => {
    edge = await startEdge();
    await edge.set({});
  });
  after(() => edge.close());

  async function ask(color: Color, path: string, headers: Record<string, string> = {}) {
    const answer = await edge.get(path, {
      headers: { ...(await edge.pin({ color, kind: 'user' })), ...headers },
    });
    const body = (await answer.json()) as { color: Color };
    const cache = answer.headers.get('x-cutover-cache');
    if (cache === 'miss') await stored(color, path);
    return [body.color, cache];
  }

  /** The entry is written behind the answer; a second request may well overtake it. */
  async function stored(color: Color, path: string): Promise<void> {
    const deadline = Date.now() + 5000;
    for (;;) {
      const answer = await edge.admin('cache/lookup', {
        method: 'POST',
        body: JSON.stringify({ color, keys: [path] }),
      });
      const { cached } = (await answer.json()) as { cached: string[] };
      if (cached.includes(path)) return;
      if (Date.now() > deadline) throw new Error(`${path} was never stored for ${color}`);
      await sleep(10);
    }
  }

  it('misses, then hits, each color for itself', async () => {
    assert.deepEqual(await ask('blue', '/answer?q=1'), ['blue', 'miss']);
    assert.deepEqual(await ask('blue', '/answer?q=1'), ['blue', 'hit']);
    assert.deepEqual(await ask('green', '/answer?q=1'), ['green', 'miss']);
    assert.deepEqual(await ask('green', '/answer?q=1'), ['green', 'hit']);
    const lines = await edge.lines(({ cache }) => cache.key === '/answer?q=1', 4);
    assert.deepEqual(
      lines.map(({ cache }) => [cache.prefix, cache.hit, cache.node, cache.ttl_s]),
      [
        ['docs/blue/1', false, 'eu/cdg', 60],
        ['docs/blue/1', true, 'eu/cdg', null],
        ['docs/green/1', false, 'eu/cdg', 60],
        ['docs/green/1', true, 'eu/cdg', null],
      ],
    );
  });

  it('a region has a cache of its own', async () => {
    const answer = await edge.get('/answer?q=1', { region: 1 });
    assert.equal(answer.headers.get('x-cutover-cache'), 'miss');
    const [line] = await edge.lines(({ cache, region }) => cache.key === '/answer?q=1' && region === 'us', 1);
    assert.equal(line?.cache.node, 'us/iad');
  });

  it('raising an epoch empties that color only', async () => {
    await edge.set({ cacheEpoch: { blue: 2, green: 1 } });
    assert.deepEqual(await ask('blue', '/answer?q=1'), ['blue', 'miss']);
    assert.deepEqual(await ask('green', '/answer?q=1'), ['green', 'hit']);
  });

  it('only listed GET routes are cached, and nothing with a credential', async () => {
    assert.deepEqual(await ask('blue', '/x'), ['blue', 'none']);
    assert.deepEqual(await ask('blue', '/answers'), ['blue', 'none']);
    assert.deepEqual(await ask('blue', '/answer?q=1', { authorization: 'Bearer me' }), ['blue', 'none']);
    const post = await edge.get('/answer?q=1', { method: 'POST', body: 'q' });
    assert.equal(post.headers.get('x-cutover-cache'), 'none');
  });

  it('probes never read or fill it; priming does', async () => {
    const probe = await edge.pin({ color: 'blue', kind: 'probe' });
    const prime = await edge.pin({ color: 'blue', kind: 'prime' });
    const read = async (headers: Record<string, string>) => {
      const answer = await edge.get('/answer?q=primed', { headers });
      await answer.text();
      const cache = answer.headers.get('x-cutover-cache');
      if (cache === 'miss') await stored('blue', '/answer?q=primed');
      return cache;
    };
    assert.equal(await read(probe), 'none');
    assert.equal(await read(prime), 'miss');
    assert.equal(await read(prime), 'hit');
    assert.equal(await read(probe), 'none');
    assert.deepEqual(await ask('blue', '/answer?q=primed'), ['blue', 'hit']);
  });

  it('keys that collide are logged and still serve nobody the other color’s answer', async () => {
    assert.deepEqual(await ask('blue', '/answer?q=leak'), ['blue', 'miss']);
    await edge.edge.setFault({ cacheLeak: true });
    assert.deepEqual(await ask('green', '/answer?q=leak'), ['green', 'miss']);
    const [line] = await edge.lines(
      ({ cache, color }) => cache.key === '/answer?q=leak' && color === 'green',
    );
    assert.deepEqual([line?.INDEX_HASH, line?.cache.prefix], ['hash-green', 'docs/blue/2']);
    assert.deepEqual(await ask('green', '/answer?q=leak'), ['green', 'hit']);
    assert.deepEqual(
      await ask('blue', '/answer?q=leak'),
      ['blue', 'miss'],
      'green’s answer stands there now',
    );
    await edge.edge.setFault({ cacheLeak: false });
    assert.deepEqual(await ask('green', '/answer?q=leak'), ['green', 'miss']);
  });

  it('keeps hosts, and what an answer varies on, apart (B2)', async () => {
    const url = edge.edge.entries[0]?.url ?? '';
    const asked = async (host: string, tenant: string) => {
      const path = '/answer?vary=x-tenant';
      const wire = await talk(url, request(path, [`x-tenant: ${tenant}`]).replace('edge.test', host));
      await sleep(200);
      return [/x-cutover-cache: (\w+)/i.exec(wire)?.[1], /"x-tenant":"(\w+)"/.exec(wire)?.[1]];
    };
    for (const host of ['one.example', 'two.example']) {
      for (const tenant of ['a', 'b']) {
        assert.deepEqual(await asked(host, tenant), ['miss', tenant]);
        assert.deepEqual(await asked(host, tenant), ['hit', tenant]);
      }
    }
    assert.deepEqual(await asked('one.example', 'a'), ['hit', 'a'], 'both variants stay');
  });

  it('gives the answer to one user to no other, unless the origin declares it (B2)', async () => {
    for (const [name, shared] of [
      ['x-user-id', false],
      ['cookie', false],
      ['x-user-id', true],
      ['cookie', true],
    ] as const) {
      const path = `/answer?${shared ? 'public' : 'own'}-${name}`;
      const read = async (headers: Record<string, string>) => {
        const answer = await edge.get(path, { headers });
        const { headers: seen } = (await answer.json()) as { headers: Record<string, string> };
        await sleep(200);
        return [answer.headers.get('x-cutover-cache'), seen[name]];
      };
      const second = shared ? ['hit', 'u=1'] : ['miss', 'u=2'];
      assert.deepEqual(await read({ [name]: 'u=1' }), ['miss', 'u=1']);
      assert.deepEqual(await read({ [name]: 'u=2' }), second, path);
      assert.deepEqual(await read({}), shared ? ['hit', 'u=1'] : ['miss', undefined], path);
      if (!shared) assert.deepEqual(await read({ [name]: 'u=3' }), ['miss', 'u=3'], 'nor an anonymous one’s');
    }
  });

  it('goes round the cache for a client that asks for it (B2)', async () => {
    const path = '/answer?wish';
    const read = async (control?: string) => {
      const answer = await edge.get(path, {
        headers: control === undefined ? {} : { 'cache-control': control },
      });
      await answer.text();
      await sleep(200);
      return answer.headers.get('x-cutover-cache');
    };
    assert.equal(await read('No-Store'), 'miss');
    assert.equal(await read(), 'miss', 'it was not kept');
    assert.equal(await read(), 'hit');
    for (const control of ['no-cache', 'NO-STORE', 'max-age=0']) assert.equal(await read(control), 'miss');
    assert.equal(await read(), 'hit');
    const lines = await edge.lines(({ cache }) => cache.key === path, 7);
    const asked = lines.map(({ cache }) => [cache.node, cache.ttl_s]);
    assert.deepEqual(asked.slice(0, 2), [
      [null, null],
      ['eu/cdg', 60],
    ]);
    assert.equal(asked.filter(([node]) => node === null).length, 4, 'no cache was asked');
  });

  it('says nothing of who stored an entry to clients', async () => {
    const headers = await edge.pin({ color: 'blue', kind: 'user' });
    const answer = await edge.get('/answer?q=leak', { headers });
    await answer.text();
    assert.equal(answer.headers.get('x-cutover-cache'), 'hit');
    assert.equal(answer.headers.get('x-cutover-stored-by'), null);
  });

  it('faults cannot be switched where they are not allowed', async () => {
    const strict = await startEdge({ FAULT_CACHE_LEAK: '1' }, { allowFaults: false });
    try {
      const answer = await strict.admin('fault', { method: 'POST', body: '{"cacheLeak":true}' });
      assert.equal(answer.status, 403);
      await strict.set({});
      const key = '/answer?q=strict';
      await (await strict.get(key, { headers: await strict.pin({ color: 'blue', kind: 'user' }) })).text();
      const other = await strict.get(key, { headers: await strict.pin({ color: 'green', kind: 'user' }) });
      assert.equal(other.headers.get('x-cutover-cache'), 'miss');
    } finally {
      await strict.close();
    }
  });
});
