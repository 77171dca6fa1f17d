/** The Cloudflare kit by wrangler's dry run, offline; its bundle answers one request on workerd. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Miniflare } from 'miniflare';
import { init } from '../../src/cli/commands/init.ts';
import { bundleWorker } from '../../src/edge/local/bundle.ts';
import { checkKit, type KitCheck } from '../../src/init/check-kit.ts';
import { runCommand } from '../cli/run-command.ts';
import { wranglerFolder } from '../support/wrangler.ts';

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutover-kit-'));
  const urls = ['--blue', 'http://127.0.0.1:1', '--green', 'http://127.0.0.1:2'];
  await runCommand(init, [folder, '--yes', '--json', '--platform', 'cloudflare', '--stack', 'none', ...urls]);
  // As `npm install` in edge/ leaves it: wrangler, and this package with its router.
  const modules = join(folder, 'edge', 'node_modules');
  await mkdir(join(modules, 'cutover'), { recursive: true });
  const wrangler = await wranglerFolder();
  for (const name of ['.bin', 'wrangler'])
    await symlink(join(wrangler, 'node_modules', name), join(modules, name));
  await bundleWorker(join(modules, 'cutover', 'worker.js'));
  const exported = { name: 'cutover', type: 'module', exports: { './edge/worker': './worker.js' } };
  await writeFile(join(modules, 'cutover', 'package.json'), JSON.stringify(exported));
});
after(() => rm(folder, { recursive: true, force: true }));

async function checked(out?: string): Promise<KitCheck | undefined> {
  const [found] = await checkKit('cloudflare', folder, process.env, out);
  return found;
}

void describe('the Cloudflare kit', () => {
  void it('is built without a warning, and what was built answers', async () => {
    const out = join(folder, 'built');
    const found = await checked(out);
    assert.equal(found?.state, 'ok', found?.detail);
    const { compatibility_date: compatibilityDate, vars } = JSON.parse(
      (await readFile(join(folder, 'edge', 'wrangler.jsonc'), 'utf8')).replaceAll(
        /^\s*\/\/.*$|,(?=\s*[}\]])/gm,
        '',
      ),
    ) as { compatibility_date: string; vars: Record<string, string> };
    const worker = new Miniflare({
      modules: true,
      script: await readFile(join(out, 'worker.js'), 'utf8'),
      compatibilityDate,
      compatibilityFlags: ['enable_request_signal'],
      kvNamespaces: ['CONFIG_KV'],
      durableObjects: { CONFIG: { className: 'ConfigObject', useSQLite: true } },
      bindings: { ...vars, ADMIN_TOKEN: 'admin', PIN_SECRETS: 'pin' },
    });
    try {
      const answer = await worker.dispatchFetch('http://edge.test/__cutover/config', {
        headers: { authorization: 'Bearer admin' },
      });
      assert.equal(answer.status, 200);
      assert.equal(((await answer.json()) as { defaultColor: string }).defaultColor, 'blue');
    } finally {
      await worker.dispose();
    }
  });

  for (const [file, from, to, said] of [
    ['wrangler.jsonc', '"migrations"', '"migration"', /migration/],
    ['wrangler.jsonc', '"worker.js"', '"workers.js"', /workers\.js/],
    ['wrangler.jsonc', '"vars"', '"var"', /var/],
    ['worker.js', 'cutover/edge/worker', 'cutover/edge/workr', /workr/],
  ] as const) {
    void it(`${file}: ${to} is named`, async () => {
      const path = join(folder, 'edge', file);
      const text = await readFile(path, 'utf8');
      assert.ok(text.includes(from), `${file} has no ${from}`);
      await writeFile(path, text.replace(from, to));
      try {
        const found = await checked();
        assert.equal(found?.state, 'wrong', JSON.stringify(found));
        assert.match(found.detail, said);
      } finally {
        await writeFile(path, text);
      }
    });
  }
});
