/** What the self-hosted platform of the sample starts before its edge, and what is left when that fails. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Site } from '../../examples/docs-rag/platforms/platform.ts';
import { start } from '../../examples/docs-rag/platforms/self-hosted.ts';

/** @returns also the names of what was started, which is stopped after the test */
async function siteOf(t: TestContext, plain: boolean): Promise<{ site: Site; owned: string[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-platform-'));
  const owned: string[] = [];
  const stops: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const stop of stops) await stop();
    await rm(dir, { recursive: true, force: true });
  });
  const site: Site = {
    dir,
    logDir: join(dir, 'logs'),
    service: 'docs-rag',
    from: 'blue',
    regions: [],
    host: '127.0.0.1',
    ports: {},
    tokens: { edgeAdmin: 'a', colorAdmin: 'b', pinSecrets: ['c'] },
    routes: {},
    plain,
    run: () => assert.fail('no process of the stack is started yet'),
    own: (name, server) => {
      owned.push(name);
      stops.push(() => server.stop());
    },
    tell: () => undefined,
  };
  return { site, owned };
}

void test('a service that only answers needs neither NATS nor PostgreSQL', async (t) => {
  const { site, owned } = await siteOf(t, true);
  const { infra } = await start(site);
  assert.deepEqual(owned, ['redis']);
  assert.equal(infra, null);
});

void test('when one of them cannot start, the others are handed over to be ended', async (t) => {
  const { site, owned } = await siteOf(t, false);
  // No folder for the jobs: NATS ends at once, long before PostgreSQL has its first data.
  await writeFile(join(site.dir, 'nats'), '');
  await assert.rejects(start(site), /^Error: nats: it ended/);
  assert.deepEqual(owned.toSorted(), ['postgres', 'redis']);
});
