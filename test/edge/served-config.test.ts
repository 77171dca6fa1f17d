/** Last good config: when it is read again, when it is kept, when it becomes doubt, and what the router then does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { EdgeCache } from '../../src/edge/edge-cache.ts';
import { createRouter } from '../../src/edge/router.ts';
import { ServedConfig, type ConfigMemory } from '../../src/edge/served-config.ts';
import { latin1Header } from '../../src/edge/sticky.ts';
import { firstConfig } from '../../src/conformance/store.ts';

function store(initial: EdgeConfig | null) {
  return {
    now: 0,
    reads: 0,
    down: false,
    config: initial,
    load(): Promise<EdgeConfig | null> {
      this.reads++;
      return this.down ? Promise.reject(new Error('store is down')) : Promise.resolve(this.config);
    },
  };
}

function servedFrom(world: ReturnType<typeof store>, memory?: ConfigMemory): ServedConfig {
  return new ServedConfig({
    ...(memory === undefined ? {} : { memory }),
    load: () => world.load(),
    ttlMs: 250,
    maxStaleMs: 60_000,
    now: () => world.now,
  });
}

describe('ServedConfig', () => {
  it('reads once per TTL however many ask', async () => {
    const world = store(firstConfig('docs'));
    const served = servedFrom(world);
    for (let i = 0; i < 100; i++) await served.current(() => undefined);
    assert.equal(world.reads, 1);
    world.now = 250;
    for (let i = 0; i < 100; i++) await served.current(() => undefined);
    assert.equal(world.reads, 2);
  });

  it('after a quiet time the first request waits for the truth', async () => {
    const world = store(firstConfig('docs'));
    const served = servedFrom(world);
    await served.current(() => undefined);
    world.config = firstConfig('docs', { generation: 2 });
    world.now = 30_000;
    assert.equal((await served.current(() => undefined)).config?.generation, 2);
  });

  it('never goes back a generation', async () => {
    const world = store(firstConfig('docs', { generation: 7 }));
    const served = servedFrom(world);
    await served.current(() => undefined);
    world.config = firstConfig('docs', { generation: 6 });
    world.now = 1000;
    assert.equal((await served.current(() => undefined)).config?.generation, 7);
  });

  it('keeps the last good config while the store is down, up to the bound, and comes back', async () => {
    const world = store(firstConfig('docs'));
    const served = servedFrom(world);
    await served.current(() => undefined);
    world.down = true;
    world.now = 60_000;
    assert.deepEqual(
      [(await served.current(() => undefined)).doubt, served.peek().config?.generation],
      [false, 1],
    );
    world.now = 60_001;
    assert.equal((await served.current(() => undefined)).doubt, true);
    world.down = false;
    world.now = 60_500;
    assert.equal((await served.current(() => undefined)).doubt, false);
  });

  it('a store that hangs costs a request the timeout, not for ever', async () => {
    const served = new ServedConfig({
      load: () => new Promise(() => undefined),
      ttlMs: 250,
      maxStaleMs: 1,
      timeoutMs: 20,
    });
    assert.equal((await served.current(() => undefined)).doubt, true);
  });
});

/** The router core on Node: it needs fetch types only. */
function routerOn(served: ServedConfig) {
  const lines: RequestLine[] = [];
  const route = createRouter(
    {
      service: 'docs',
      region: 'eu',
      pop: 'cdg',
      sticky: { header: 'x-user-id' },
      defaultColor: 'blue',
      pinSecrets: ['s'],
      writeRoutes: ['/notes'],
      enqueueRoutes: [],
      hiddenRoutes: [],
      corsOrigins: [],
      dialects: [],
      origins: { blue: null, green: null },
      originTimeoutMs: 1000,
      maxBodyBytes: Number.POSITIVE_INFINITY,
    },
    {
      served: (defer) => served.current(defer),
      origin: (color) => Promise.resolve(new Response(color)),
      cache: new EdgeCache({
        service: 'docs',
        routes: [],
        personal: [],
        open: () => Promise.reject(new Error('no cache here')),
        node: () => 'eu',
        faults: { cacheLeak: false },
      }),
      pipe: null,
      upgrade: null,
      headerText: latin1Header,
      userHash: (key) => Promise.resolve(key),
      log: (line) => lines.push(line),
      clock: () => performance.now(),
    },
  );
  const ask = (path: string, method = 'GET') =>
    route(new Request(`http://edge${path}`, { method, headers: { 'x-user-id': 'u1' } }), () => undefined);
  return { ask, lines };
}

describe('router in doubt', () => {
  it('half-way up: everybody is on `from`, reads go on, writes wait', async () => {
    const world = store(firstConfig('docs', { weightPercent: 99.999 }));
    const { ask } = routerOn(servedFrom(world));
    assert.equal((await ask('/x')).headers.get('x-color'), 'green');
    world.down = true;
    world.now = 61_000;
    const answer = await ask('/x');
    assert.deepEqual(
      [answer.headers.get('x-color'), answer.headers.get('x-cutover-reason')],
      ['blue', 'doubt'],
    );
    const write = await ask('/notes', 'POST');
    assert.deepEqual([write.status, write.headers.get('x-cutover-write')], [503, 'frozen']);
  });

  it('after the flip: everybody stays on `to`, because `from` may be gone', async () => {
    const world = store(firstConfig('docs', { weightPercent: 100, producer: 'green' }));
    const { ask } = routerOn(servedFrom(world));
    await ask('/x');
    world.down = true;
    world.now = 61_000;
    const answer = await ask('/x');
    assert.deepEqual(
      [answer.headers.get('x-color'), answer.headers.get('x-cutover-reason')],
      ['green', 'doubt'],
    );
  });

  it('no config could ever be read: nobody is guessed about, and the line is the edge’s own (B10)', async () => {
    const world = store(null);
    world.down = true;
    const { ask, lines } = routerOn(servedFrom(world));
    for (const method of ['GET', 'POST']) {
      const answer = await ask('/notes', method);
      assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5']);
    }
    assert.deepEqual(
      lines.map(({ error, by, doubt }) => [error, by, doubt]),
      Array.from({ length: 2 }, () => ['edge:no_config', 'edge', true]),
    );
    world.down = false;
    world.now = 1000;
    assert.equal((await ask('/notes', 'POST')).status, 200);
  });

  it('an isolate that cannot read the store serves what its place remembers, in doubt (B10)', async () => {
    for (const [producer, expected] of [
      ['blue', 'blue'],
      ['green', 'green'],
    ] as const) {
      const world = store(firstConfig('docs', { generation: 4, weightPercent: 50, producer }));
      let kept: EdgeConfig | null = null;
      const memory: ConfigMemory = {
        recall: () => Promise.resolve(kept),
        keep: (config) => {
          kept = config;
          return Promise.resolve();
        },
      };
      await servedFrom(world, memory).current(() => undefined);
      world.down = true;
      const fresh = servedFrom(world, memory);
      const { ask } = routerOn(fresh);
      const answer = await ask('/x');
      assert.deepEqual(
        [answer.status, answer.headers.get('x-color'), answer.headers.get('x-cutover-reason')],
        [200, expected, 'doubt'],
      );
      assert.equal((await ask('/notes', 'POST')).status, 503, 'writes wait');
      assert.equal(fresh.peek().config?.generation, 4);
    }
  });

  it('a store that forgot everything confirms nothing (B10)', async () => {
    const world = store(firstConfig('docs', { generation: 4, weightPercent: 100, producer: 'green' }));
    const { ask } = routerOn(servedFrom(world));
    await ask('/x');
    world.config = null;
    world.now = 61_000;
    const answer = await ask('/x');
    assert.deepEqual(
      [answer.headers.get('x-color'), answer.headers.get('x-cutover-reason')],
      ['green', 'doubt'],
    );
  });

  it('none was ever written: the default color serves, writes and all', async () => {
    const { ask } = routerOn(servedFrom(store(null)));
    assert.equal((await ask('/notes', 'POST')).status, 200);
  });
});
