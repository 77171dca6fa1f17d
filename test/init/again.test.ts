/** A second run of init: what nobody changed is written anew, what a person changed stays. */
import assert from 'node:assert/strict';
import { appendFile, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { folderOf, NOBODY, run } from './run-init.ts';

const WORDS = ['--yes', ...NOBODY, '--stack', 'python'];

async function begun(t: TestContext): Promise<{
  readonly folder: string;
  readonly again: (...more: string[]) => Promise<Readonly<Record<string, string>>>;
}> {
  const folder = await folderOf(t);
  await run(folder, ...WORDS);
  return {
    folder,
    again: async (...more) => {
      const { document } = await run(folder, ...WORDS, ...more);
      return Object.fromEntries(document.files.map(({ path, how }) => [path, how]));
    },
  };
}

void describe('init once more', () => {
  void it('writes the plan and the kit anew where nobody changed them, and keeps secrets', async (t) => {
    const { folder, again } = await begun(t);
    const secrets = await readFile(join(folder, '.env'), 'utf8');
    const dry = await again('--service', 'books', '--dry-run');
    assert.equal(dry['cutover.yaml'], 'anew');
    assert.doesNotMatch(await readFile(join(folder, 'cutover.yaml'), 'utf8'), /books/);
    const files = await again('--service', 'books');
    assert.deepEqual(
      [files['cutover.yaml'], files['edge/docker-compose.yml'], files['color/cutover_color.py']],
      ['anew', 'anew', 'same'],
    );
    assert.match(await readFile(join(folder, 'cutover.yaml'), 'utf8'), /^service: books$/m);
    assert.equal(await readFile(join(folder, '.env'), 'utf8'), secrets);
    assert.equal((await again('--service', 'shelf'))['cutover.yaml'], 'anew');
  });

  void it('keeps what was changed by one character, however often it runs', async (t) => {
    const { folder, again } = await begun(t);
    await appendFile(join(folder, 'cutover.yaml'), '\n');
    for (const service of ['books', 'shelf']) {
      const files = await again('--service', service);
      assert.deepEqual([files['cutover.yaml'], files['color/README.md']], ['beside', 'anew']);
      assert.match(
        await readFile(join(folder, 'cutover.yaml.new'), 'utf8'),
        new RegExp(`^service: ${service}$`, 'm'),
      );
    }
  });

  void it('never mixes a changed probe set with a new one', async (t) => {
    const { folder, again } = await begun(t);
    const questions = join(folder, 'q.csv');
    await writeFile(questions, 'question\nHow long do refunds take?\n');
    const renewed = await again('--questions', questions);
    assert.equal(renewed['probes/manifest.json'], 'anew');
    const set = await loadProbeSet(join(folder, 'probes'));
    assert.deepEqual(
      set.probes.map(({ question }) => question),
      ['How long do refunds take?'],
    );
    await appendFile(join(folder, 'probes', 'GAPS.md'), 'mine\n');
    await writeFile(questions, 'question\nAnother one?\n');
    const kept = await again('--questions', questions);
    assert.equal(kept['probes/probes.jsonl'], 'beside');
    assert.equal(kept['probes/manifest.json'], 'beside');
    assert.equal((await loadProbeSet(join(folder, 'probes'))).digest, set.digest);
  });

  void it('takes everything for changed where its record is torn, and never follows a link for one', async (t) => {
    const { folder, again } = await begun(t);
    const record = join(folder, '.cutover', 'init.json');
    await writeFile(record, '{"cutover.yaml": ');
    assert.equal((await again('--service', 'books'))['cutover.yaml'], 'beside');
    const theirs = join(await folderOf(t, { theirs: 'theirs' }), 'theirs');
    await rm(record);
    await symlink(theirs, record);
    await again('--service', 'books');
    assert.equal(await readFile(theirs, 'utf8'), 'theirs');
  });
});
