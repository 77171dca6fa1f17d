/** wrangler of the registry, in the range that the Cloudflare kit asks for, installed on first use into a folder of ours. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '../../src/dev-server/file-lock.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';

const VERSION = '4.86.0';
const INSTALL_MS = 300_000;

/** @returns a folder with `node_modules`. Throws where it cannot be had. */
export async function wranglerFolder(): Promise<string> {
  const root = join(tmpdir(), `cutover-test-npm-${process.getuid?.() ?? 0}`);
  const folder = join(root, `wrangler-${VERSION}`);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true, mode: 0o700 });
  await withFileLock(join(root, 'lock'), async () => {
    if (existsSync(folder)) return;
    const work = await mkdtemp(join(root, 'install-'));
    await writeFile(join(work, 'package.json'), '{"private":true}');
    const words = ['install', '--no-audit', '--no-fund', '--prefix', work, `wrangler@${VERSION}`];
    const done = await runTool(['npm', ...words], { timeoutMs: INSTALL_MS });
    if (done.ok) return rename(work, folder);
    await rm(work, { recursive: true, force: true });
    throw new Error(`wrangler ${VERSION} cannot be installed: ${done.problem}`);
  });
  return folder;
}
