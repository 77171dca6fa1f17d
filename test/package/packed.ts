/** The packed tarball, installed in an empty folder as a user would. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IS_BUILT } from '../support/program.ts';

const run = promisify(execFile);

/** @returns the folder; the caller removes it. */
export async function installPacked(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-pack-'));
  const build = IS_BUILT ? ['--ignore-scripts'] : [];
  await run('npm', ['pack', '--silent', ...build, '--pack-destination', folder], {
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack left no tarball');
  await writeFile(join(folder, 'package.json'), '{"name":"somebody","private":true,"type":"module"}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball)], {
    cwd: folder,
  });
  return folder;
}
