/** A package of PyPI for tests, installed on first use into a folder of ours, once for all processes of this user. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PIP_COMMANDS } from '../../src/dev-server/fetch-wheel.ts';
import { withFileLock } from '../../src/dev-server/file-lock.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';

const INSTALL_MS = 300_000;

/**
 * @param options further words for pip
 * @returns the folder of the packages, for PYTHONPATH. Throws where it cannot be had.
 */
export async function pipInstalled(
  name: string,
  version: string,
  options: readonly string[] = [],
): Promise<string> {
  const root = join(tmpdir(), `cutover-test-pip-${process.getuid?.() ?? 0}`);
  const folder = join(root, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true, mode: 0o700 });
  await withFileLock(join(root, 'lock'), async () => {
    if (existsSync(folder)) return;
    const work = await mkdtemp(join(root, 'install-'));
    const problems: string[] = [];
    for (const pip of PIP_COMMANDS) {
      const words = ['install', '-q', '--disable-pip-version-check', ...options, '--target', work];
      const done = await runTool([...pip, ...words, `${name}==${version}`], { timeoutMs: INSTALL_MS });
      if (done.ok) return rename(work, folder);
      problems.push(`${pip.join(' ')}: ${done.problem}`);
    }
    await rm(work, { recursive: true, force: true });
    throw new Error(`${name} ${version} cannot be installed: ${problems.join('; ')}`);
  });
  return folder;
}
