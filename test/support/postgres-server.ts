/**
 * Real PostgreSQL servers for tests: Debian's, or those in the folder that CUTOVER_TEST_POSTGRES names.
 * Invariant: each listens on loopback only, keeps its data in a temporary folder, and ends with the process that started it. It refuses
 * to run as root, so there it runs as the user that Debian's package brings.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type QueryResult } from 'pg';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';
import { freePort } from '../probes/servers.ts';
import { until } from './redis-server.ts';

export const OWNER = 'owner';
export const PASSWORD = 'pg-test-password';
const DEBIAN = '/usr/lib/postgresql';
const TOOL_MS = 60_000;
const READY_MS = 30_000;
const IS_ROOT = process.getuid?.() === 0;
/** Before the words of a program that refuses to run as root. */
export const AS_USER = IS_ROOT
  ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--']
  : [];

export interface PostgresServer {
  readonly port: number;
  /** Statements of the owner, without our code in between. @returns the rows of the last one */
  readonly run: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly stop: () => Promise<void>;
}

/** @returns the folder of its programs. Throws where there is none. */
export async function findPostgres(): Promise<string> {
  const named = process.env['CUTOVER_TEST_POSTGRES'];
  const versions = (await readdir(DEBIAN).catch(() => [])).toSorted((a, b) => Number(b) - Number(a));
  for (const bin of named === undefined ? versions.map((one) => join(DEBIAN, one, 'bin')) : [named]) {
    const found = await runTool([join(bin, 'postgres'), '--version'], { timeoutMs: 10_000 });
    if (found.ok) return bin;
  }
  throw new Error('no postgres in /usr/lib/postgresql; Debian: apt-get install postgresql');
}

/** Folders of this process, made once. */
let template: Promise<string> | undefined;

async function tool(name: string, ...words: string[]): Promise<void> {
  const command = [...AS_USER, join(await findPostgres(), name), ...words];
  const done = await runTool(command, { timeoutMs: TOOL_MS, env: { ...process.env, PGPASSWORD: PASSWORD } });
  if (!done.ok) throw new Error(`${name}: ${done.problem}`);
}

export async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-postgres-'));
  if (IS_ROOT) await runTool(['chown', 'postgres:', folder], { timeoutMs: TOOL_MS });
  return folder;
}

async function makeTemplate(): Promise<string> {
  const folder = await ownFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const secret = join(folder, 'secret');
  await writeFile(secret, PASSWORD, { mode: 0o644 });
  const auth = ['-A', 'scram-sha-256', '-U', OWNER, `--pwfile=${secret}`];
  await tool('initdb', '-D', join(folder, 'data'), ...auth, '--no-sync', '--locale=C', '--encoding=UTF8');
  return join(folder, 'data');
}

/**
 * @param settings as in postgresql.conf, e.g. `fsync=off`
 * @param files that stand beside its data, by name: text that nobody else may read
 */
export async function startPostgres(
  settings: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  template ??= makeTemplate();
  const from = await template;
  const folder = await ownFolder();
  const data = join(folder, 'data');
  const copied = await runTool(['cp', '-a', from, data], { timeoutMs: TOOL_MS });
  if (!copied.ok) throw new Error(copied.problem);
  for (const [name, text] of Object.entries(files)) {
    const file = join(data, name);
    await writeFile(file, text, { mode: 0o600 });
    if (IS_ROOT) await runTool(['chown', 'postgres:', file], { timeoutMs: TOOL_MS });
  }
  return serve(folder, settings);
}

/** A standby that follows a server, over whatever address leads to it. @param name as `synchronous_standby_names` has it */
export async function startStandby(
  of: { readonly port: number },
  name: string,
  settings: readonly string[] = [],
): Promise<PostgresServer> {
  const folder = await ownFolder();
  const link = `host=127.0.0.1 port=${of.port} user=${OWNER} password=${PASSWORD} application_name=${name}`;
  await tool('pg_basebackup', '-D', join(folder, 'data'), '-R', '-X', 'stream', '-c', 'fast', '-d', link);
  return serve(folder, settings);
}

async function serve(folder: string, settings: readonly string[]): Promise<PostgresServer> {
  const bin = await findPostgres();
  const port = await freePort();
  const data = join(folder, 'data');
  const all = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'shared_buffers=16MB',
    'max_connections=30',
    'wal_receiver_status_interval=1',
    ...settings,
  ];
  const words = [join(bin, 'postgres'), '-D', data, '-p', String(port), ...all.flatMap((one) => ['-c', one])];
  const [file = '', ...args] = [...AS_USER, ...words];
  const child = await spawnGuarded(file, args, { env: { ...process.env, LC_ALL: 'C' } });
  const stop = async (): Promise<void> => {
    await Promise.race([child.kill('SIGINT'), new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
    await child.stop(0);
    await rm(folder, { recursive: true, force: true });
  };
  const run = runner(port);
  try {
    await until(async () => {
      if (!child.isRunning()) throw new Error(`postgres ended: ${child.tail()}`);
      return run('SELECT 1').then(
        () => true,
        () => false,
      );
    }, READY_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, run, stop };
}

function runner(port: number): PostgresServer['run'] {
  return async (sql) => {
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: OWNER,
      password: PASSWORD,
      database: 'postgres',
      ssl: false,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const results = await client.query(sql);
      return (Array.isArray(results) ? (results.at(-1) as QueryResult) : results).rows;
    } finally {
      await client.end();
    }
  };
}
