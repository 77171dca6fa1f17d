/**
 * The embedded server: usable when started, on loopback only, gone when closed, durable over a kill -9.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { isAlive } from '../../src/dev-server/file-lock.ts';
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import type { TemporalServer } from '../../src/dev-server/server.ts';
import { testEnv } from '../support/temporal.ts';

const env = testEnv();
const dir = await mkdtemp(join(tmpdir(), 'cutover-server-'));
after(() => rm(dir, { recursive: true, force: true }));

async function withClient<T>(server: TemporalServer, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await work(new Client({ connection, namespace: server.namespace }));
  } finally {
    await connection.close();
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 5_000; !(await condition()); await sleep(50)) {
    assert.ok(Date.now() < deadline, `timed out: ${what}`);
  }
}

/** Local addresses (hex, as in /proc/net/tcp) on which a process listens. */
async function listeningOn(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(names.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  const inodes = new Set(
    links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter((inode) => inode !== undefined),
  );
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8').catch(() => '')),
  );
  return tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
    .map((fields) => fields[1]?.split(':')[0] ?? '');
}

void test('starts usable: namespace, search attributes, UI; close leaves no process', async () => {
  const lines: string[] = [];
  const server = await startTemporalServer({
    env,
    namespace: 'shop',
    onProgress: (line) => lines.push(line),
  });
  const pid = server.pid ?? 0;
  assert.ok(isAlive(pid));
  assert.match(lines.join('\n'), /Starting the Temporal dev server on 127\.0\.0\.1:\d+/);
  assert.equal((await fetch(server.uiUrl ?? '')).status, 200);
  await withClient(server, async (client) => {
    const workflowId = 'cutover/first';
    const searchAttributes = {
      CutoverService: ['rag'],
      CutoverStage: ['canary'],
      CutoverWeight: [1.5],
      CutoverOutcome: ['none'],
    };
    await client.workflow.start('x', { taskQueue: 'q', workflowId, searchAttributes });
    const query = "CutoverService='rag' AND CutoverWeight > 1";
    await until('visible', async () => (await client.workflow.count(query)).count === 1);
  });
  await server.close();
  assert.equal(server.pid, undefined);
  await until('process gone', () => !isAlive(pid));
  await server.close();
});

void test(
  'listens on loopback only',
  { skip: process.platform === 'linux' ? false : 'reads /proc' },
  async () => {
    await using server = await startTemporalServer({ env });
    const addresses = await listeningOn(server.pid ?? 0);
    assert.ok(addresses.length >= 2, addresses.join());
    assert.deepEqual([...new Set(addresses)], ['0100007F']);
  },
);

void test('a kill -9 of the parent takes the server along', async () => {
  const parent = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'server-child.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const { pid } = JSON.parse(line.toString()) as { pid: number };
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  await until('server gone', () => !isAlive(pid));
});

void test('after a kill -9, restart on the same file and port finds the workflow running and its last signal', async () => {
  await using server = await startTemporalServer({ env, dbFile: join(dir, 'crash.db') });
  const { address } = server;
  await withClient(server, async (client) => {
    const handle = await client.workflow.start('x', { taskQueue: 'q', workflowId: 'cutover/durable' });
    await handle.signal('approve', { by: 'test' });
  });
  const before = server.pid;
  await server.kill();
  assert.equal(server.pid, undefined);
  await server.restart();
  assert.equal(server.address, address);
  assert.notEqual(server.pid, before);
  await withClient(server, async (client) => {
    const handle = client.workflow.getHandle('cutover/durable');
    assert.equal((await handle.describe()).status.name, 'RUNNING');
    const { events } = await handle.fetchHistory();
    assert.ok(
      events?.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'approve'),
    );
    await client.workflow.start('x', { taskQueue: 'q', workflowId: 'cutover/after' });
  });
});

void test('a database file made earlier learns search attributes it did not have', async () => {
  const dbFile = join(dir, 'old.db');
  await (await startTemporalServer({ env, dbFile, headless: true })).close();
  await using server = await startTemporalServer({
    env,
    dbFile,
    headless: true,
    searchAttributes: { CutoverLater: 'Keyword' },
  });
  assert.equal(server.uiUrl, undefined);
  await withClient(server, async (client) => {
    const searchAttributes = { CutoverLater: ['yes'] };
    await client.workflow.start('x', { taskQueue: 'q', workflowId: 'cutover/later', searchAttributes });
  });
});

void test('a port in use gives one error that tells both attempts and what to do', async () => {
  const squatter = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  after(() => squatter.close());
  const { port } = squatter.address() as AddressInfo;
  await assert.rejects(startTemporalServer({ env, port, headless: true }), (error: Error) => {
    assert.match(error.message, /did not start/);
    assert.match(error.message, new RegExp(`start 1 on port ${port}: .*in use[^]*start 2 on port ${port}: `));
    assert.match(error.message, /Check that the port is free/);
    return true;
  });
});

void test('TEMPORAL_ADDRESS: an existing server is used and never stopped; one that does not answer is named', async () => {
  await using server = await startTemporalServer({ env, headless: true });
  const existing = await startTemporalServer({ env: { ...env, TEMPORAL_ADDRESS: server.address } });
  assert.deepEqual(
    [existing.owned, existing.address, existing.namespace],
    [false, server.address, 'default'],
  );
  await existing.close();
  await assert.rejects(existing.kill(), /not ours to stop/);
  assert.ok(isAlive(server.pid ?? 0));
  const missing = { ...env, TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'nope' };
  await assert.rejects(
    startTemporalServer({ env: missing }),
    /TEMPORAL_ADDRESS\) does not answer for namespace nope/,
  );
  const silent = { ...env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  await assert.rejects(
    startTemporalServer({ env: silent }),
    /127\.0\.0\.1:1 \(TEMPORAL_ADDRESS\) does not answer[^]*unset TEMPORAL_ADDRESS/,
  );
});
