/** The config in a file that others replace: links swapped, torn, gone, rewritten all the time. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { firstConfig } from '../../../src/conformance/store.ts';
import { readConfigFile } from '../../../src/edge/node/config-file.ts';
import { ConfigPoll } from '../../../src/edge/node/config-poll.ts';
import { healthOf } from '../../../src/edge/node/health.ts';

const textOf = (generation: number): string => JSON.stringify({ ...firstConfig('docs'), generation });

describe('config in a file', () => {
  let dir: string;
  const said: string[] = [];
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cutover-config-'));
  });
  after(() => rm(dir, { recursive: true }));
  const pollOf = (path: string): ConfigPoll =>
    new ConfigPoll({
      load: () => readConfigFile(path, 'docs'),
      everyMs: 10,
      maxStaleMs: 60_000,
      say: (text) => said.push(text),
    });

  it('is read through a link that is swapped, as a mounted ConfigMap is', async () => {
    for (const generation of [1, 2]) {
      await mkdir(join(dir, `..v${generation}`));
      await writeFile(join(dir, `..v${generation}`, 'edge.json'), textOf(generation));
    }
    await symlink('..v1', join(dir, '..data'));
    await symlink('..data/edge.json', join(dir, 'mounted.json'));
    const poll = pollOf(join(dir, 'mounted.json'));
    await poll.start();
    assert.equal(poll.peek().config?.generation, 1);
    await symlink('..v2', join(dir, '..data_tmp'));
    await rename(join(dir, '..data_tmp'), join(dir, '..data'));
    await rm(join(dir, '..v1'), { recursive: true });
    await poll.refresh();
    poll.stop();
    assert.equal(poll.peek().config?.generation, 2);
  });

  it('that is gone, torn, of another service or older keeps the last good one, and says so once', async () => {
    const path = join(dir, 'edge.json');
    await writeFile(path, textOf(5));
    const poll = pollOf(path);
    await poll.refresh();
    said.length = 0;
    const bad: readonly (readonly [string | null, RegExp])[] = [
      [null, /ENOENT/],
      [textOf(6).slice(0, 40), /no JSON/],
      ['{}', /schema must be 1/],
      [JSON.stringify({ ...firstConfig('other'), generation: 9 }), /the config of "other"/],
      ['x'.repeat(70_000), /70000 bytes/],
    ];
    for (const [text, why] of bad) {
      if (text === null) await rm(path);
      else await writeFile(path, text);
      const before = said.length;
      await poll.refresh();
      await poll.refresh();
      assert.equal(said.length, before + 1, String(why));
      assert.match(said.at(-1) ?? '', why);
      assert.match(said.at(-1) ?? '', /generation 5 is served meanwhile/);
      assert.deepEqual([poll.peek().config?.generation, poll.peek().doubt], [5, false]);
    }
    await writeFile(path, textOf(4));
    await poll.refresh();
    assert.equal(poll.peek().config?.generation, 5);
  });

  it('that says null is known to be none; one that was never readable is unknown', async () => {
    const path = join(dir, 'null.json');
    await writeFile(path, 'null');
    const known = pollOf(path);
    await known.refresh();
    assert.deepEqual(healthOf(known.peek(), false), { isGood: true, word: 'ok' });
    assert.deepEqual([known.peek().config, known.peek().doubt], [null, false]);
    const unknown = pollOf(join(dir, 'never.json'));
    await unknown.refresh();
    assert.deepEqual(healthOf(unknown.peek(), false), { isGood: false, word: 'no config' });
    assert.deepEqual(healthOf(known.peek(), true), { isGood: false, word: 'draining' });
  });

  it('that is rewritten every 10 ms, in place or by a rename, is never lost and never goes back', async () => {
    const path = join(dir, 'busy.json');
    await writeFile(path, textOf(1));
    const poll = pollOf(path);
    await poll.start();
    let last = 0;
    for (let generation = 2; generation <= 40; generation += 1) {
      if (generation % 2 === 0) await writeFile(path, textOf(generation));
      else {
        await writeFile(`${path}.new`, textOf(generation));
        await rename(`${path}.new`, path);
      }
      await sleep(10);
      const { config, doubt } = poll.peek();
      assert.ok(config !== null && config.generation >= last && !doubt);
      last = config.generation;
    }
    await poll.refresh();
    poll.stop();
    assert.equal(poll.peek().config?.generation, 40);
  });

  it('is not read without a pause where none is asked for', async () => {
    let reads = 0;
    const poll = new ConfigPoll({
      load: async () => {
        reads += 1;
        return firstConfig('docs');
      },
      everyMs: 0,
      maxStaleMs: 60_000,
      say: () => undefined,
    });
    await poll.start();
    await sleep(200);
    poll.stop();
    assert.ok(reads > 1 && reads <= 21, String(reads));
  });

  it('that hangs is said once, and asked for by one read at a time', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const reads: (() => void)[] = [];
    const told: string[] = [];
    const poll = new ConfigPoll({
      load: () => new Promise((resolve) => reads.push(() => resolve(firstConfig('docs')))),
      everyMs: 1000,
      maxStaleMs: 60_000,
      say: (text) => told.push(text),
    });
    for (let i = 0; i < 3; i += 1) {
      const read = poll.refresh();
      await turn();
      t.mock.timers.tick(60_000);
      await read;
    }
    assert.equal(reads.length, 1);
    assert.equal(told.length, 1, told.join('; '));
    assert.match(told[0] ?? '', /cannot be read, none is known: no answer/);
    reads[0]?.();
    await turn();
    assert.equal(poll.peek().config, null, 'what came too late is old');
    const again = poll.refresh();
    await turn();
    reads[1]?.();
    await again;
    assert.match(told[1] ?? '', /can be read again/);
    assert.equal(poll.peek().config?.generation, 1);
  });

  it('is as old as it is, whatever the clock is set to', async (t) => {
    const path = join(dir, 'clock.json');
    await writeFile(path, textOf(3));
    const realMs = Date.now();
    let shiftMs = 0;
    t.mock.method(Date, 'now', () => realMs + shiftMs);
    const poll = pollOf(path);
    await poll.refresh();
    for (shiftMs of [3_600_000, -3_600_000]) {
      const { doubt, ageMs } = poll.peek();
      assert.ok(!doubt && ageMs !== null && ageMs >= 0, `${shiftMs}: ${ageMs}`);
    }
  });
});
