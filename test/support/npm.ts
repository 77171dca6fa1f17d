/** A package of npm for tests, installed on first use into a folder of ours, once for all processes of this user. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '../../src/dev-server/file-lock.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';

const INSTALL_MS = 300_000;

/** @returns a folder with `node_modules`. Throws where it cannot be had. */
export async function npmInstalled(name: string, version: string): Promise<string> {
  const root = join(tmpdir(), `cutover-test-npm-${process.getuid?.() ?? 0}`);
  const folder = join(root, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true, mode: 0o700 });
  await withFileLock(join(root, 'lock'), async () => {
    if (existsSync(folder)) return;
    const work = await mkdtemp(join(root, 'install-'));
    await writeFile(join(work, 'package.json'), '{"private":true}');
    const words = ['install', '--no-audit', '--no-fund', '--prefix', work, `${name}@${version}`];
    const done = await runTool(['npm', ...words], { timeoutMs: INSTALL_MS });
    if (done.ok) return rename(work, folder);
    await rm(work, { recursive: true, force: true });
    throw new Error(`${name} ${version} cannot be installed: ${done.problem}`);
  });
  return folder;
}
