/** A package of PyPI for tests, installed on first use into a folder of ours, once for all processes of this user. */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedWheel } from '../../src/dev-server/installed-wheel.ts';

export const PIP_ROOT = join(tmpdir(), `cutover-test-pip-${process.getuid?.() ?? 0}`);

/**
 * @param options further words for pip
 * @returns the folder of the packages, for PYTHONPATH. Throws where it cannot be had.
 */
export async function pipInstalled(
  name: string,
  version: string,
  options: readonly string[] = [],
): Promise<string> {
  await mkdir(PIP_ROOT, { recursive: true, mode: 0o700 });
  return installedWheel(PIP_ROOT, { name, version }, options);
}
