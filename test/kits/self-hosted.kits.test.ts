/** The self-hosted kit by its vendors' own checks; a planted mistake of each kind is named. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { init } from '../../src/cli/commands/init.ts';
import { checkKit, type KitCheck } from '../../src/init/check-kit.ts';
import { runCommand } from '../cli/run-command.ts';
import { kitTools } from '../support/kit-tools.ts';

let folder = '';
let env: NodeJS.ProcessEnv = {};

before(async () => {
  env = await kitTools();
  folder = await mkdtemp(join(tmpdir(), 'cutover-kit-'));
  const urls = ['--blue', 'http://127.0.0.1:1', '--green', 'http://127.0.0.1:2'];
  await runCommand(
    init,
    [folder, '--yes', '--json', '--platform', 'self-hosted', '--stack', 'none', ...urls],
    env,
  );
});
after(() => rm(folder, { recursive: true, force: true }));

async function checked(): Promise<ReadonlyMap<string, KitCheck>> {
  const found = await checkKit('self-hosted', folder, env);
  return new Map(found.map((one) => [one.name, one]));
}

void describe('the self-hosted kit', () => {
  void it('passes HAProxy, the compose specification and the schemas of Kubernetes without a warning', async () => {
    const states = [...(await checked()).values()].map(
      ({ name, state, detail }) => `${name} ${state} ${state === 'ok' ? '' : detail}`,
    );
    assert.deepEqual(states, ['haproxy.cfg ok ', 'docker-compose.yml ok ', 'k8s/router.yaml ok ']);
  });

  for (const [file, from, to, said] of [
    ['haproxy.cfg', 'default_backend routers', 'default_backend router', /router/],
    ['haproxy.cfg', 'timeout client 120s', 'timout client 120s', /timout/],
    ['haproxy.cfg', '    timeout server 120s\n', '', /timeout/],
    ['haproxy.cfg', ' init-addr last,libc,none resolvers system', '', /could not resolve|router/],
    ['docker-compose.yml', 'restart: unless-stopped', 'restrat: unless-stopped', /restrat/],
    ['docker-compose.yml', 'condition: service_healthy', 'condition: healthy', /healthy/],
    ['docker-compose.yml', '  redis:\n    image', '  cache:\n    image', /router depends on redis/],
    ['k8s/router.yaml', 'replicas: 2', 'replica: 2', /replica/],
    ['k8s/router.yaml', 'containerPort: 8080', 'containerPort: "http"', /containerPort|integer|type/],
    ['k8s/router.yaml', '  selector: { app:', '  selector: { ap:', /selector of the Service matches no pod/],
  ] as const) {
    void it(`${file}: "${to.trim() || `no ${from.trim()}`}" is named`, async () => {
      const path = join(folder, 'edge', file);
      const text = await readFile(path, 'utf8');
      assert.ok(text.includes(from), `${file} has no ${from}`);
      await writeFile(path, text.replace(from, to));
      try {
        const found = (await checked()).get(file);
        assert.equal(found?.state, 'wrong', JSON.stringify(found));
        assert.match(found.detail, said);
      } finally {
        await writeFile(path, text);
      }
    });
  }

  void it('says what to run where a tool is not installed', async () => {
    const found = await checkKit('self-hosted', folder, { PATH: '/nowhere' });
    assert.deepEqual(
      found.map(({ state }) => state),
      ['unknown', 'unknown', 'unknown'],
    );
    assert.match(found[0]?.detail ?? '', /haproxy -c -f /);
  });
});
