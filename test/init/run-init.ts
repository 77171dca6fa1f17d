/** `cutover init` as its tests run it: in a folder of its own, with what it reports. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { init } from '../../src/cli/commands/init.ts';
import type { KitCheck } from '../../src/init/check-kit.ts';
import { runCommand } from '../cli/run-command.ts';

/** Two colors that nobody answers for. */
export const NOBODY = ['--blue', 'http://127.0.0.1:1', '--green', 'http://127.0.0.1:2'];

export interface Document {
  readonly service: string;
  readonly files: readonly { readonly path: string; readonly how: string }[];
  readonly open: readonly string[];
  readonly findings: readonly string[] | null;
  readonly kit: readonly KitCheck[];
  readonly next: readonly string[];
}

export async function folderOf(
  t: TestContext,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-init-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** No vendor's tool is found. @throws what the command throws. */
export async function run(...words: string[]): Promise<{ code: number; document: Document }> {
  const { code, document } = await runCommand(init, [...words, '--json'], { PATH: '/nowhere' });
  return { code, document: document as Document };
}
