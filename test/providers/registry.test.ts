import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'node:test';
import type { Targets } from '../../src/domain/targets.ts';
import { UserError } from '../../src/domain/errors.ts';
import { BUILT_IN_PROVIDERS, resolveProvider } from '../../src/providers/registry.ts';
import { openPort } from '../../src/providers/open.ts';
import { dropWorld, findWorld } from '../../src/providers/simulated/index.ts';
import { realWorld } from '../../src/worker.ts';

function targets(world: string, change: Partial<Targets['providers']> = {}): Targets {
  const simulated = { use: 'simulated', world };
  return {
    switchId: 's1',
    startedMs: 0,
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ region: 'eu', url: 'http://127.0.0.1:65499' }],
    colorUrls: { blue: 'http://127.0.0.1:65499', green: 'http://127.0.0.1:65498' },
    providers: {
      edge: { store: simulated, router: simulated, traffic: null },
      color: simulated,
      queue: simulated,
      cache: simulated,
      warmup: simulated,
      telemetry: simulated,
      notify: [{ use: 'log' }],
      evidence: { use: 'folder', path: join(tmpdir(), 'cutover-registry-test') },
      ...change,
    },
  };
}

void describe('resolveProvider', () => {
  void it('loads every built-in provider under its own name', async () => {
    for (const name of BUILT_IN_PROVIDERS.filter((one) => one !== 'cloudflare')) {
      assert.equal((await resolveProvider(name)).name, name);
    }
  });

  void it('loads a module of the user’s own, by path', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cutover-registry-'));
    await writeFile(join(dir, 'mine.mjs'), `export const provider = { name: 'mine', color: () => ({}) };`);
    await writeFile(join(dir, 'default.mjs'), `export default { name: 'other', queue: () => ({}) };`);
    await writeFile(join(dir, 'wrong.mjs'), `export const provider = { name: 'wrong' };`);
    await writeFile(join(dir, 'broken.mjs'), `throw new Error('no luck');`);
    assert.equal((await resolveProvider('./mine.mjs', dir)).name, 'mine');
    assert.equal((await resolveProvider(join(dir, 'default.mjs'))).name, 'other');
    await assert.rejects(resolveProvider('./wrong.mjs', dir), /exports no provider/);
    await assert.rejects(resolveProvider('./broken.mjs', dir), /does not load: no luck/);
    await rm(dir, { recursive: true });
  });

  void it('gives a port no option that the module’s manifest does not know', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cutover-registry-'));
    const provider = new URL('../../src/provider.ts', import.meta.url).href;
    const code = `import { z } from '${provider}';
      const queue = { options: z.strictObject({ room: z.string() }) };
      export default { name: 'mine', queue: () => ({ made: true }), manifest: { name: 'mine', ports: { queue } } };`;
    await writeFile(join(dir, 'mine.mjs'), code);
    const open = (options: object): Promise<unknown> =>
      openPort(
        'queue',
        { use: join(dir, 'mine.mjs'), ...options },
        { service: 's', from: 'blue', to: 'green', entry: [], colorUrls: { blue: '', green: '' }, env: {} },
      );
    assert.deepEqual(await open({ room: 'a' }), { made: true });
    await assert.rejects(open({ room: 7, size: 1 }), {
      name: 'UserError',
      message: /^providers\.queue \(use: .*mine\.mjs\): room: .*; .*"size"/,
    });
    await rm(dir, { recursive: true });
  });

  void it('lists what there is when a name is unknown', async () => {
    await assert.rejects(
      resolveProvider('clodflare'),
      (error) => error instanceof UserError && /duckdb, folder, haproxy, http/.test(error.hint ?? ''),
    );
    await assert.rejects(resolveProvider('constructor'), UserError);
  });
});

void describe('the ports of a worker', () => {
  void it('are opened once for one environment', async () => {
    const [world, other] = [realWorld({}), realWorld({})];
    const edge = await world.port('store', targets('w1'));
    assert.equal(await world.port('store', targets('w1')), edge);
    assert.equal(await world.port('queue', targets('w1')), await world.port('queue', targets('w1')));
    assert.notEqual(await world.port('store', targets('w2')), edge);
    assert.notEqual(
      await other.port('store', targets('w1')),
      edge,
      'another environment may hold other secrets',
    );
    assert.ok(findWorld('w1'));
    dropWorld('w1');
    dropWorld('w2');
  });

  void it('are closed when the worker stops, and opened anew when asked again', async () => {
    const world = realWorld({});
    const edge = await world.port('store', targets('w5'));
    await world.close?.();
    assert.notEqual(await world.port('store', targets('w5')), edge);
    dropWorld('w5');
  });

  void it('come in one piece where a provider makes store and router together, which is closed once', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cutover-registry-'));
    const use = join(dir, 'edge.mjs');
    await writeFile(
      use,
      `export const closed = [];
export const provider = {
  name: 'whole',
  edge: () => ({ store: { part: 'store' }, router: { part: 'router' }, close: async () => closed.push(1) }),
};`,
    );
    const edge = { store: { use }, router: { use }, traffic: null };
    const world = realWorld({});
    const [store, router] = await Promise.all([
      world.port('store', targets('w6', { edge })),
      world.port('router', targets('w6', { edge })),
    ]);
    assert.deepEqual([store, router], [{ part: 'store' }, { part: 'router' }]);
    const moved = targets('w6', { edge: { ...edge, traffic: { use } } });
    await assert.rejects(world.port('traffic', moved), /"whole" has no traffic port \(it has: edge\)/);
    await world.close?.();
    const { closed } = (await import(pathToFileURL(use).href)) as { closed: number[] };
    assert.deepEqual(closed, [1]);
    await rm(dir, { recursive: true });
  });

  void it('are only those that the plan names', async () => {
    const of = targets('w3', { queue: null, cache: null, warmup: null });
    const world = realWorld({});
    assert.deepEqual(
      await Promise.all([world.port('queue', of), world.port('cache', of), world.port('warmup', of)]),
      [null, null, null],
    );
    assert.equal(findWorld('w3'), undefined, 'nothing was opened for them');
  });

  void it('say what their provider does not have, and leave the others alone', async () => {
    const of = targets('w4', { queue: { use: 'duckdb', path: 'x' } });
    const world = realWorld({});
    await assert.rejects(world.port('queue', of), /"duckdb" has no queue port \(it has: telemetry\)/);
    assert.ok(await world.port('store', of));
    dropWorld('w4');
  });
});
