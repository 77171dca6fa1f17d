/** What docs/steps.md tells its readers to write, in a folder where it can be run as it stands there. */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

export interface StepsPage {
  readonly folder: string;
  /** The `steps:` of a plan. */
  readonly yaml: string;
  readonly remove: () => Promise<void>;
}

export async function stepsPage(): Promise<StepsPage> {
  const page = await readFile(new URL('docs/steps.md', ROOT), 'utf8');
  const folder = await mkdtemp(join(tmpdir(), 'cutover-steps-page-'));
  await symlink(fileURLToPath(new URL('node_modules', ROOT)), join(folder, 'node_modules'));
  for (const [, name = '', code = ''] of page.matchAll(/```(?:js|sql)\n(?:\/\/|--) (\S+)\n([\s\S]*?)```/g)) {
    // A checkout has no installed package of its own name.
    const text = code.replace("'cutover/provider'", `'${new URL('src/provider.ts', ROOT).href}'`);
    await writeFile(join(folder, name), text);
  }
  const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  return { folder, yaml, remove: () => rm(folder, { recursive: true }) };
}
