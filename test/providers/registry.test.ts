import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { openPorts, type PortTargets } from '../../src/providers/open.ts';
import { BUILT_IN_PROVIDERS, resolveProvider } from '../../src/providers/registry.ts';
import { dropWorld, findWorld } from '../../src/providers/simulated/index.ts';

function targets(world: string): PortTargets {
  const simulated = { use: 'simulated', world };
  return {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ region: 'eu', url: 'http://127.0.0.1:65499' }],
    colorUrls: { blue: 'http://127.0.0.1:65499', green: 'http://127.0.0.1:65498' },
    providers: {
      edge: simulated,
      color: simulated,
      queue: simulated,
      cache: simulated,
      warmup: simulated,
      telemetry: simulated,
      notify: [{ use: 'log' }],
      evidence: { use: 'folder', path: join(tmpdir(), 'cutover-registry-test') },
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

  void it('lists what there is when a name is unknown', async () => {
    await assert.rejects(
      resolveProvider('clodflare'),
      (error) => error instanceof UserError && /duckdb, folder, http/.test(error.hint ?? ''),
    );
    await assert.rejects(resolveProvider('constructor'), UserError);
  });
});

void describe('openPorts', () => {
  void it('opens each reference once for one environment', async () => {
    const env = {};
    const [one, two] = [await openPorts(targets('w1'), env), await openPorts(targets('w1'), env)];
    assert.equal(one.edge, two.edge);
    assert.equal(one.queue, two.queue);
    assert.notEqual((await openPorts(targets('w2'), env)).edge, one.edge);
    assert.ok(findWorld('w1'));
    dropWorld('w1');
    dropWorld('w2');
  });

  void it('leaves out what the plan does not name', async () => {
    const { providers, ...rest } = targets('w3');
    const ports = await openPorts({ ...rest, providers: { ...providers, queue: null, cache: null } }, {});
    assert.equal(ports.queue, null);
    assert.equal(ports.cache, null);
    dropWorld('w3');
  });

  void it('says which port a provider does not have', async () => {
    const { providers, ...rest } = targets('w4');
    const wrong = { ...rest, providers: { ...providers, queue: { use: 'duckdb', path: 'x' } } };
    await assert.rejects(openPorts(wrong, {}), /"duckdb" has no queue port \(it has: telemetry\)/);
    dropWorld('w4');
  });
});
