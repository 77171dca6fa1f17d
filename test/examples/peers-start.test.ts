/** Starting a server of the sample's self-hosted stack: what answers on its port must be it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type ServerSpec } from '../../examples/docs-rag/peers/start.ts';
import { isAlive } from '../../src/dev-server/file-lock.ts';
import { portIsOpen } from '../../src/dev-server/free-port.ts';
import { freePort } from '../probes/servers.ts';

const LISTENS = 'require("node:net").createServer().listen(+process.argv[1], "127.0.0.1")';

async function spec(t: { after: (end: () => Promise<void>) => void }, program: string): Promise<ServerSpec> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-start-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const command = [process.execPath, '-e', program, String(port)];
  return { name: 'server', command, ports: [port], logFile: join(folder, 'log'), graceMs: 2000 };
}

async function listenOn(port: number): Promise<() => void> {
  const stranger = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    stranger.listen(port, '127.0.0.1', resolve);
  });
  return () => stranger.close();
}

void test('it is ready once its port is open, and gone when it is stopped', async (t) => {
  const one = await spec(t, LISTENS);
  const server = await startServer(one);
  assert.equal(await portIsOpen(one.ports[0] ?? 0), true);
  await server.stop();
  assert.equal(await portIsOpen(one.ports[0] ?? 0), false);
});

void test('a stranger on its port is not taken for it', async (t) => {
  // This one would not even notice: it opens no port.
  const one = await spec(t, 'setTimeout(() => undefined, 60_000)');
  t.after(await listenOn(one.ports[0] ?? 0));
  await assert.rejects(startServer(one), /^Error: server: port \d+ is in use by another process; see /);
});

void test('nor one that came in between, on whose port it ends', async (t) => {
  const one = await spec(t, 'console.log(process.pid); process.exitCode = 7');
  const isReady = async (): Promise<boolean> => {
    for (;;) {
      const pid = Number(await readFile(one.logFile, 'utf8'));
      if (pid > 0 && !isAlive(pid)) return true;
      await sleep(20);
    }
  };
  await assert.rejects(startServer({ ...one, isReady }), /^Error: server: it ended \(exit code 7\); see /);
});
