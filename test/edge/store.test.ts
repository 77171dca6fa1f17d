/** The config store behind the admin routes: who may ask, who wins, and that a zombie writer loses. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nextEdgeConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import { firstConfig } from '../../src/conformance/store.ts';
import { ADMIN_TOKEN, startEdge, type EdgeUnderTest } from './support.ts';

describe('admin routes', () => {
  let edge: EdgeUnderTest;
  before(async () => {
    edge = await startEdge();
  });
  after(() => edge.close());

  const put = (next: unknown, idempotencyKey: unknown = 'k') =>
    edge.admin('store', { method: 'PUT', body: JSON.stringify({ next, idempotencyKey }) });

  it('answer nobody without the token, and say what they need', async () => {
    for (const token of ['', 'wrong', `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(1)]) {
      for (const route of ['config', 'store', 'nothing']) {
        const answer = await edge.admin(route, { token });
        assert.equal(answer.status, 401);
        assert.match(((await answer.json()) as { error: string }).error, /Bearer <admin token>/);
      }
    }
  });

  it('name what is wrong with a config and store nothing of it', async () => {
    const good = firstConfig('docs');
    const wrong: [unknown, RegExp][] = [
      [{ ...good, service: 'other' }, /serves .*docs/],
      [{ ...good, weightPercent: 101 }, /weightPercent/],
      [{ ...good, to: 'blue' }, /differ/],
      [{ ...good, writes: { blue: 'open' } }, /writes/],
      [{ ...good, generation: 0 }, /generation/],
      ['text', /next/],
    ];
    for (const [next, says] of wrong) {
      const answer = await put(next);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), says);
    }
    assert.equal((await put(good, '')).status, 400);
    assert.equal((await edge.admin('store', { method: 'PUT', body: 'x'.repeat(70_000) })).status, 413);
    const { nowMs, ...answer } = (await (await edge.admin('store')).json()) as { nowMs: number };
    assert.deepEqual(answer, { stored: null, kv: 'written' });
    assert.ok(Math.abs(nowMs - Date.now()) < 5000, 'the store tells its time');
  });

  it('a winner is answered with KV written; a loser with what is stored', async () => {
    const first = firstConfig('docs');
    const won = await put(first, 'k1');
    const { nowMs: _, ...answer } = (await won.json()) as { nowMs: number };
    assert.deepEqual([won.status, answer], [200, { stored: first, kv: 'written' }]);
    const lost = await put({ ...first, writer: 'other' }, 'k2');
    assert.equal(lost.status, 409);
    assert.deepEqual(((await lost.json()) as { stored: EdgeConfig }).stored, first);
    assert.equal((await put(first, 'k1')).status, 200);
  });

  it('dates a freeze by its own clock, whatever the document says, and refuses one without end (F12)', async () => {
    const { stored: before } = (await (await edge.admin('store')).json()) as { stored: EdgeConfig };
    const next = nextEdgeConfig(before, { freezeUntilMs: 1 }, 'frozen');
    const send = (freezeForMs: unknown) =>
      edge.admin('store', {
        method: 'PUT',
        body: JSON.stringify({ next, idempotencyKey: 'frozen', freezeForMs }),
      });
    for (const wrong of [0, -1, 'soon', Number.MAX_SAFE_INTEGER])
      assert.equal((await send(wrong)).status, 400);
    const beforeMs = Date.now();
    const { stored } = (await (await send(30_000)).json()) as { stored: EdgeConfig };
    const until = stored.freezeUntilMs ?? 0;
    assert.ok(until >= beforeMs + 29_000 && until <= Date.now() + 31_000, String(until - beforeMs));
    const { stored: repeated } = (await (await send(60_000)).json()) as { stored: EdgeConfig };
    assert.equal(repeated.freezeUntilMs, until, 'a repeated write keeps the lease of the first');
  });

  it('a region serves what was stored', async () => {
    const report = (await (await edge.admin('config', { region: 1 })).json()) as Record<string, unknown>;
    assert.deepEqual([report['region'], report['generation'], report['doubt']], ['us', 2, false]);
    assert.equal(report['defaultColor'], 'blue');
    assert.ok(Math.abs(Number(report['nowMs']) - Date.now()) < 5000);
  });
});

describe('a zombie writer', () => {
  it('that was stopped in the middle of its PUT loses to the newer generation', async () => {
    const edge = await startEdge();
    try {
      const first = await edge.set({});
      const stale = nextEdgeConfig(first, { weightPercent: 100 }, 'dead-worker');
      const body = JSON.stringify({ next: stale, idempotencyKey: 'dead-worker' });
      const child = spawn(
        process.execPath,
        [
          '--import',
          'tsx',
          fileURLToPath(new URL('half-put-child.ts', import.meta.url)),
          new URL(edge.edge.adminUrl).port,
          ADMIN_TOKEN,
          body,
        ],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, 'half');
      child.kill('SIGSTOP');
      const newer = await edge.set({ weightPercent: 5 });
      child.kill('SIGCONT');
      child.stdin.write('go on\n');
      assert.match(String((await lines.next()).value), /409/);
      if (child.exitCode === null) await once(child, 'exit');
      await sleep(100);
      const store = (await (await edge.admin('store')).json()) as { stored: EdgeConfig };
      assert.deepEqual(store.stored, newer);
      for (const region of [0, 1]) {
        const served = (await (await edge.admin('config', { region })).json()) as { config: EdgeConfig };
        assert.deepEqual(served.config, newer);
      }
      const kv = await fetch(
        `${edge.edge.explorerUrl}/storage/kv/namespaces/${edge.edge.kvNamespaceId}/values/${encodeURIComponent('cutover/docs')}`,
      );
      assert.deepEqual(await kv.json(), newer);
    } finally {
      await edge.close();
    }
  });
});
