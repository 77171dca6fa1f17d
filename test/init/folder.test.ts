/** What a folder tells of itself. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readFolder, serviceName } from '../../src/init/folder.ts';
import { name } from '../../src/ports/option.ts';
import { folderOf } from './run-init.ts';

for (const given of ['Docs RAG', '-x-', '123', '', 'é', `${'a'.repeat(39)}-b`, 'x'.repeat(99), '9-_a'])
  it(`makes a name that a plan takes of ${JSON.stringify(given)}`, () => {
    assert.equal(name.safeParse(serviceName(given)).success, true, serviceName(given));
  });

for (const [files, platform, stack] of [
  [{ 'requirements.txt': 'fastapi' }, 'self-hosted', 'python'],
  [{ 'package.json': '{"dependencies":{"hono":"4"}}', 'wrangler.toml': '' }, 'cloudflare', 'hono'],
  [{ 'package.json': '{"devDependencies":{"next":"15"}}' }, 'self-hosted', 'next'],
  [{ 'package.json': '{}', 'template.yaml': '' }, 'self-hosted', 'lambda'],
  [{ 'package.json': 'not JSON' }, 'self-hosted', 'fetch'],
  [{}, 'self-hosted', 'none'],
] as const) {
  void it(`takes ${platform} and ${stack} from ${Object.keys(files).join(' and ') || 'an empty folder'}`, async (t) => {
    const facts = await readFolder(await folderOf(t, files));
    assert.deepEqual([facts.platform, facts.stack], [platform, stack]);
  });
}
