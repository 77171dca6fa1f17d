/** A real PgBouncer in transaction mode before a PostgreSQL: Debian's, or the one that CUTOVER_TEST_PGBOUNCER names. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';
import { freePort } from '../probes/servers.ts';
import { AS_USER, ownFolder } from '../../examples/docs-rag/peers/postgres.ts';
import { OWNER, PASSWORD } from './postgres-server.ts';

const BINARY = process.env['CUTOVER_TEST_PGBOUNCER'] ?? 'pgbouncer';

/** Throws where there is none. */
export async function findPgbouncer(): Promise<void> {
  const found = await runTool([BINARY, '--version'], { timeoutMs: 10_000 });
  if (!found.ok) throw new Error(`${BINARY}: ${found.problem}; Debian: apt-get install pgbouncer`);
}

/** @param others further users, who have the same password */
export async function startPgbouncer(
  of: { readonly port: number },
  others: readonly string[] = [],
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const folder = await ownFolder();
  const port = await freePort();
  const users = join(folder, 'users.txt');
  await writeFile(users, [OWNER, ...others].map((user) => `"${user}" "${PASSWORD}"\n`).join(''));
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: 'transaction',
    default_pool_size: 2,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const ini = join(folder, 'pgbouncer.ini');
  const databases = `[databases]\n* = host=127.0.0.1 port=${of.port}\n`;
  await writeFile(ini, `${databases}[pgbouncer]\n${lines.join('\n')}\n`);
  for (const file of [users, ini]) await chmod(file, 0o644);
  const [file, ...args] = [...AS_USER, BINARY, '-q', ini];
  const child = await spawnGuarded(file, args, { env: { ...process.env } });
  return {
    port,
    async stop() {
      await child.stop(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
