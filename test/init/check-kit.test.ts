/** Files of a kit that somebody else has written: what init says of them, and that it goes on. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { KitCheck } from '../../src/init/check-kit.ts';
import { folderOf, NOBODY, run } from './run-init.ts';

async function checked(
  t: TestContext,
  name: string,
  text: string | null,
): Promise<[number, KitCheck | undefined]> {
  const folder = await folderOf(t);
  const file = join(folder, 'edge', name);
  await mkdir(text === null ? file : join(file, '..'), { recursive: true });
  if (text !== null) await writeFile(file, text);
  const { code, document } = await run(folder, '--yes', ...NOBODY);
  return [code, document.kit.find((one) => one.name === name)];
}

void describe('the check of a kit', () => {
  for (const [what, name, text, said] of [
    ['no YAML', 'docker-compose.yml', 'services: [', /^it cannot be read: .*line 1/],
    ['an alias of nothing', 'docker-compose.yml', 'services: *none\n', /^it cannot be read: .*none/],
    ['a folder', 'docker-compose.yml', null, /^it cannot be read: EISDIR/],
    ['no YAML', 'k8s/router.yaml', 'kind: Service\nspec: {selector: {a: b}\n', /^it cannot be read: .*line/],
  ] as const) {
    void it(`says that ${name} is ${what}`, async (t) => {
      const [code, found] = await checked(t, name, text);
      assert.deepEqual([code, found?.state], [1, 'wrong']);
      assert.match(found?.detail ?? '', said);
      assert.doesNotMatch(found?.detail ?? '', /\n/);
    });
  }

  void it('has no fault to find in a file that another one has written well', async (t) => {
    const [code, found] = await checked(t, 'docker-compose.yml', 'services: { mine: { image: x } }\n');
    assert.deepEqual([code, found?.state], [0, 'unknown']);
  });
});
