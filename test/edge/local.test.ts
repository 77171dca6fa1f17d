/** The local CDN as others use it: as a child process, over restarts, and with the golden vectors on workerd itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { startLocalEdge, type LocalEdgeOptions } from '../../src/edge/local/local-edge.ts';
import { firstConfig } from '../../src/conformance/store.ts';
import golden from '../domain/golden/router.json' with { type: 'json' };
import { startOrigin } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function withDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-local-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function optionsIn(dir: string, origin: string): LocalEdgeOptions {
  return {
    service: 'docs',
    regions: [{ name: 'eu', pop: 'cdg' }],
    origins: { blue: origin, green: origin },
    logFile: join(dir, 'logs', 'requests.ndjson'),
    adminToken: 't',
    pinSecrets: ['s'],
    persistDir: join(dir, 'state'),
  };
}

const bearer = { authorization: 'Bearer t' };

describe('local edge', () => {
  it('runs as a child that says when it is ready and ships its log on SIGTERM', async () => {
    const origin = await startOrigin('blue');
    try {
      await withDir(async (dir) => {
        const options = optionsIn(dir, origin.url);
        const main = join(root, 'src/edge/local/main.ts');
        const child = spawn(process.execPath, ['--import', 'tsx', main], {
          cwd: root,
          env: { ...process.env, CUTOVER_CHILD_SETTINGS: JSON.stringify(options) },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
        const ready = JSON.parse(line) as { entries: { region: string; url: string }[]; adminUrl: string };
        assert.equal(ready.entries[0]?.region, 'eu');
        for (let i = 0; i < 20; i++) await (await fetch(`${ready.adminUrl}/x`)).text();
        child.kill('SIGTERM');
        await once(child, 'exit');
        const log = await readFile(options.logFile, 'utf8');
        assert.equal(log.trim().split('\n').length, 20);
      });
    } finally {
      await origin.close();
    }
  });

  it('keeps the config over a restart when told where', async () => {
    await withDir(async (dir) => {
      const options = optionsIn(dir, 'http://127.0.0.1:1');
      const first = await startLocalEdge(options);
      const body = JSON.stringify({ next: firstConfig('docs'), idempotencyKey: 'k' });
      const put = await fetch(`${first.adminUrl}/__cutover/store`, { method: 'PUT', headers: bearer, body });
      assert.equal(put.status, 200);
      await put.text();
      await first.close();
      const second = await startLocalEdge(options);
      try {
        for (const route of ['store', 'config']) {
          const answer = await fetch(`${second.adminUrl}/__cutover/${route}`, { headers: bearer });
          assert.match(await answer.text(), /"generation":1/);
        }
        const down = await fetch(`${second.adminUrl}/x`);
        assert.deepEqual([down.status, down.headers.get('x-color')], [502, 'blue']);
      } finally {
        await second.close();
      }
    });
  });

  it('workerd decides the golden vectors as Node does', async () => {
    const contents = `
      import { bucketOf, decide } from './src/domain/bucket.ts';
      export default { async fetch(request) {
        const { buckets, decisions } = await request.json();
        return Response.json({
          buckets: buckets.map((v) => bucketOf(v.salt, v.key)),
          decisions: decisions.map((v) => decide(v.rule, v.input)),
        });
      } };`;
    const bundled = await build({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const worker = new Miniflare({
      modules: true,
      script: bundled.outputFiles[0]?.text ?? '',
      compatibilityDate: '2026-04-01',
    });
    try {
      const answer = await worker.dispatchFetch('http://edge/', {
        method: 'POST',
        body: JSON.stringify(golden),
      });
      assert.deepEqual(await answer.json(), {
        buckets: golden.buckets.map(({ bucket }) => bucket),
        decisions: golden.decisions.map(({ decision }) => decision),
      });
    } finally {
      await worker.dispose();
    }
  });
});
