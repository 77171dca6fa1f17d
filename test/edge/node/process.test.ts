/** `cutover router` as a process: told to stop in the middle of a stream, killed in part, and told nonsense. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstConfig } from '../../../src/conformance/store.ts';
import type { Color } from '../../../src/domain/color.ts';
import { ADMIN_TOKEN, PIN_SECRET, startOrigin, type Origin } from '../support.ts';

/** A loaded machine takes long to start Node with TypeScript. */
const START_MS = 120_000;

interface Run {
  readonly child: ChildProcess;
  readonly url: string;
  readonly said: () => string;
  readonly over: Promise<number | null>;
}

describe('cutover router, the process', { timeout: 400_000 }, () => {
  let dir: string;
  let origins: Record<Color, Origin>;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cutover-process-'));
    origins = { blue: await startOrigin('blue'), green: await startOrigin('green') };
    await writeFile(join(dir, 'edge.json'), JSON.stringify(firstConfig('docs')));
  });
  after(async () => {
    await Promise.all([origins.blue.close(), origins.green.close()]);
    await rm(dir, { recursive: true });
  });

  async function start(...more: string[]): Promise<Run> {
    const words = [
      'router',
      '--config',
      join(dir, 'edge.json'),
      '--service',
      'docs',
      '--listen',
      '127.0.0.1:0',
    ];
    const colors = ['--blue', origins.blue.url, '--green', origins.green.url];
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        'src/cli/main.ts',
        ...words,
        ...colors,
        '--log',
        join(dir, 'lines.ndjson'),
        ...more,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ADMIN_TOKEN, PIN_SECRETS: PIN_SECRET } },
    );
    let text = '';
    child.stderr?.on('data', (data) => (text += String(data)));
    const over = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code));
    });
    const deadline = Date.now() + START_MS;
    for (;;) {
      const url = /ready on (\S+?)[,;]/.exec(text)?.[1];
      if (url !== undefined) return { child, url, said: () => text, over };
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`not ready: ${text}`);
      await sleep(50);
    }
  }

  it('drains: health fails first, a stream ends whole, its line is there, exit 0', async () => {
    const { child, url, over, said } = await start('--drain-delay', '3s');
    try {
      const stream = fetch(`${url}/sse-slow`).then((answer) => answer.text());
      for (let i = 0; !origins.blue.seen.some((one) => one.url === '/sse-slow') && i < 100; i += 1)
        await sleep(20);
      child.kill('SIGTERM');
      // As a service manager may do.
      child.kill('SIGHUP');
      for (let i = 0; !said().includes('draining') && i < 100; i += 1) await sleep(5);
      const health = await fetch(`${url}/__cutover/healthz`);
      assert.deepEqual([health.status, await health.text()], [503, 'draining\n']);
      const served = await fetch(`${url}/late`);
      assert.deepEqual([served.status, served.headers.get('connection')], [200, 'close']);
      assert.match(await stream, /\[DONE\]/);
      assert.equal(await over, 0);
      await assert.rejects(fetch(url));
      const lines = await readFile(join(dir, 'lines.ndjson'), 'utf8');
      for (const route of ['/sse-slow', '/late']) assert.ok(lines.includes(`"route":"${route}"`), route);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('of several processes one is killed: the port stays open, another takes its place, all tell what they serve', async () => {
    const { child, url, over, said } = await start('--cluster', '2', '--drain-delay', '0s');
    try {
      // A connection of its own for each request.
      const ask = (path: string): Promise<number | undefined> =>
        new Promise((resolve) => {
          httpRequest(url + path, { agent: false }, (answer) => resolve(answer.resume().statusCode))
            .on('error', () => resolve(undefined))
            .end();
        });
      const pids = (): string[] => [...said().matchAll(/router (\d+): config/g)].map(([, pid]) => pid ?? '');
      for (let i = 0; pids().length < 2 && i < 1000; i += 1) await sleep(100);
      process.kill(Number(pids()[0]), 'SIGKILL');
      const codes: (number | undefined)[] = [];
      for (let i = 0; pids().length < 3 && i < 1000; i += 1) {
        codes.push(await ask(`/c/${i}`));
        await sleep(100);
      }
      assert.ok(codes.filter((code) => code !== 200).length <= 1, JSON.stringify(codes));
      assert.match(said(), /ended \(SIGKILL\); another takes its place/);
      const report = await fetch(`${url}/__cutover/config`, {
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      });
      const told = (await report.json()) as { readonly generation: number };
      assert.deepEqual([report.status, told.generation], [200, 1]);
      child.kill('SIGTERM');
      assert.equal(await over, 0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('of several processes each may be signalled too, as systemd and terminals that are closed do: all drain', async () => {
    const { child, url, over, said } = await start('--cluster', '2', '--drain-delay', '3s');
    try {
      const seen = origins.blue.seen.filter((one) => one.url === '/sse-slow').length;
      const stream = fetch(`${url}/sse-slow`).then((answer) => answer.text());
      for (let i = 0; i < 100; i += 1) {
        if (origins.blue.seen.filter((one) => one.url === '/sse-slow').length > seen) break;
        await sleep(20);
      }
      for (const [, pid] of said().matchAll(/router (\d+): config/g)) process.kill(Number(pid), 'SIGHUP');
      // Two signals at the same time may arrive as one.
      for (let i = 0; i < 2; i += 1) {
        await sleep(300);
        child.kill('SIGHUP');
      }
      assert.match(await stream, /\[DONE\]/);
      assert.equal(await over, 0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('drains on SIGHUP when nobody reads any more what it says', async () => {
    const { child, url, over } = await start('--drain-delay', '0s');
    try {
      const seen = origins.blue.seen.length;
      const stream = fetch(`${url}/sse-slow`).then((answer) => answer.text());
      for (let i = 0; origins.blue.seen.length === seen && i < 100; i += 1) await sleep(20);
      child.stderr?.destroy();
      child.kill('SIGHUP');
      assert.match(await stream, /\[DONE\]/);
      assert.equal(await over, 0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('that cannot have its port says so in a line, and ends with 2', async () => {
    const port = new URL(origins.blue.url).port;
    await assert.rejects(start('--listen', `127.0.0.1:${port}`), (error: Error) => {
      assert.match(error.message, /cutover: 127\.0\.0\.1:\d+ cannot be opened/);
      return true;
    });
  });
});
