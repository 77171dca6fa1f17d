/** Folders of runs: never two at once in one, a dead one's again, and the temp folder where nothing can be written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { claimWorkFolder, type WorkFolder } from '../../src/dev-server/work-folder.ts';

let cwd = '';
before(async () => (cwd = await mkdtemp(join(tmpdir(), 'cutover-folders-'))));
after(() => rm(cwd, { recursive: true, force: true }));

const here = (name: string): string => join(cwd, '.cutover', name);

/** A pid that nobody has any more. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.on('close', resolve));
  return child.pid ?? 0;
}

describe('two runs in one checkout (F20)', () => {
  it('each has a folder of its own, the second is told, and a released one is used again (F20)', async () => {
    const told: string[] = [];
    const tell = (line: string): unknown => told.push(line);
    const first = await claimWorkFolder('demo', { cwd, tell });
    assert.equal(first.path, here('demo'));
    assert.deepEqual(told, []);
    const second = await claimWorkFolder('demo', { cwd, tell });
    assert.equal(second.path, here('demo-2'));
    assert.deepEqual(told, [
      `another demo runs in this folder (pid ${process.pid})`,
      `this one is kept in ${here('demo-2')}`,
    ]);
    await first.release();
    const third = await claimWorkFolder('demo', { cwd });
    assert.equal(third.path, here('demo'));
    await second.release();
    await third.release();
  });

  it('nine at once: nine folders (F20)', async () => {
    const claimed = await Promise.all(Array.from({ length: 9 }, () => claimWorkFolder('many', { cwd })));
    assert.equal(new Set(claimed.map((one) => one.path)).size, 9);
    await Promise.all(claimed.map((one) => one.release()));
  });

  it('of a process that was killed: taken over, by one of many (F20)', async () => {
    await writeFile(here('killed.lock'), `${await deadPid()} ${hostname()} x`);
    const claimed = await Promise.all(Array.from({ length: 9 }, () => claimWorkFolder('killed', { cwd })));
    const paths = claimed.map((one) => one.path);
    assert.equal(new Set(paths).size, 9);
    assert.ok(paths.includes(here('killed')));
    await Promise.all(claimed.map((one: WorkFolder) => one.release()));
    assert.deepEqual(
      (await readdir(join(cwd, '.cutover'))).filter((name) => name.includes('.lock')),
      [],
    );
  });

  it('a lock of another machine is left alone; an empty one that is old is not (F20)', async () => {
    await writeFile(here('shared.lock'), `1 ${hostname()}-other x`);
    const shared = await claimWorkFolder('shared', { cwd });
    assert.equal(shared.path, here('shared-2'));
    await shared.release();
    await writeFile(here('empty.lock'), '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(here('empty.lock'), longAgo, longAgo);
    const empty = await claimWorkFolder('empty', { cwd });
    assert.equal(empty.path, here('empty'));
    await empty.release();
  });
});

describe('a folder that cannot be written (A9)', () => {
  it('the temp folder then, and it is said (A9)', { skip: process.platform !== 'linux' }, async () => {
    const told: string[] = [];
    // Nobody may make a folder there, whoever runs this.
    const folder = await claimWorkFolder('rehearse', { cwd: '/sys', tell: (line) => told.push(line) });
    assert.ok(folder.path.startsWith(join(tmpdir(), 'cutover-')), folder.path);
    assert.ok((await stat(folder.path)).isDirectory());
    assert.match(told.join('\n'), /^\/sys\/\.cutover cannot be written \(E\w+\): this run is kept in /);
    await folder.release();
    await rm(join(folder.path, '..'), { recursive: true });
  });
});
