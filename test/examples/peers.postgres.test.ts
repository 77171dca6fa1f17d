/** The PostgreSQL of the sample's self-hosted stack, whose program ends without stopping it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../probes/servers.ts';
import { findPostgres } from '../support/postgres-server.ts';

const PROGRAM = `
const [bin, port, logFile] = process.argv.slice(1);
const { startPostgres } = await import(${JSON.stringify(new URL('../../examples/docs-rag/peers/postgres.ts', import.meta.url).href)});
await startPostgres({ file: bin + '/postgres', port: Number(port), owner: { name: 'o', password: 'p' }, logFile });
const { readdirSync } = await import('node:fs');
const { tmpdir } = await import('node:os');
console.log(readdirSync(tmpdir()).filter((name) => name.startsWith('cutover-postgres-')).length);
process.exit(0);
`;

void it('leaves nothing of it in the temporary folder, as after Ctrl-C', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-peers-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // Whom it runs as where we are root looks into it too.
  await chmod(folder, 0o755);
  const words = [await findPostgres(), String(await freePort()), join(folder, 'log')];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', PROGRAM, ...words],
    { env: { ...process.env, TMPDIR: folder } },
  );
  assert.equal(stdout.trim(), '1');
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('cutover-postgres-')),
    [],
  );
});
