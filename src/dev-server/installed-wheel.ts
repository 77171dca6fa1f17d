/** A package of PyPI in a folder of ours, installed on first use, once for all processes that share the folder. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PIP_COMMANDS } from './fetch-wheel.ts';
import { withFileLock } from './file-lock.ts';
import { runTool } from './run-tool.ts';

const INSTALL_MS = 300_000;

export interface Wheel {
  readonly name: string;
  readonly version: string;
}

/**
 * @param root folder of all such packages
 * @param options further words for pip
 * @param onInstall told before it is fetched
 * @returns the folder of the package, as in PYTHONPATH. Throws where it cannot be had.
 */
export async function installedWheel(
  root: string,
  { name, version }: Wheel,
  options: readonly string[] = [],
  onInstall: () => void = () => undefined,
): Promise<string> {
  const folder = join(root, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true });
  await withFileLock(join(root, 'lock'), async () => {
    if (existsSync(folder)) return;
    onInstall();
    const work = await mkdtemp(join(root, 'install-'));
    const problems: string[] = [];
    for (const pip of PIP_COMMANDS) {
      const words = ['install', '-q', '--disable-pip-version-check', ...options, '--target', work];
      const done = await runTool([...pip, ...words, `${name}==${version}`], { timeoutMs: INSTALL_MS });
      if (done.ok) {
        // A temporary folder is its owner's alone; a server that does not run as root is started from it by another user.
        await chmod(work, 0o755);
        return rename(work, folder);
      }
      problems.push(`${pip.join(' ')}: ${done.problem}`);
    }
    await rm(work, { recursive: true, force: true });
    throw new Error(`${name} ${version} cannot be installed: ${problems.join('; ')}`);
  });
  return folder;
}
