/**
 * Real PostgreSQL servers for tests: Debian's, or those in the folder that CUTOVER_TEST_POSTGRES names.
 * Invariant: each listens on loopback only, keeps its data in a temporary folder, and ends with the process that started it.
 */
import { rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client, type QueryResult } from 'pg';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';
import {
  AS_USER,
  giveAway,
  makeData,
  ownFolder,
  postgresCommand,
} from '../../examples/docs-rag/peers/postgres.ts';
import { findProgram, POSTGRES } from '../../examples/docs-rag/peers/programs.ts';
import { freePort } from '../probes/servers.ts';
import { until } from './redis-server.ts';

export const OWNER = 'owner';
export const PASSWORD = 'pg-test-password';
const TOOL_MS = 60_000;
const READY_MS = 30_000;

export interface PostgresServer {
  readonly port: number;
  /** Statements of the owner, without our code in between. @returns the rows of the last one */
  readonly run: (sql: string, database?: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly stop: () => Promise<void>;
}

/** @returns the folder of its programs. Throws where there is none. */
export async function findPostgres(): Promise<string> {
  const folder = process.env['CUTOVER_TEST_POSTGRES'];
  const named = folder === undefined ? undefined : join(folder, POSTGRES.program);
  return dirname(await findProgram(POSTGRES, { named }));
}

/** Folders of this process, made once. */
let template: Promise<string> | undefined;

async function tool(name: string, ...words: string[]): Promise<void> {
  const command = [...AS_USER, join(await findPostgres(), name), ...words];
  const done = await runTool(command, { timeoutMs: TOOL_MS, env: { ...process.env, PGPASSWORD: PASSWORD } });
  if (!done.ok) throw new Error(`${name}: ${done.problem}`);
}

async function makeTemplate(): Promise<string> {
  const folder = await ownFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return makeData(await findPostgres(), folder, { name: OWNER, password: PASSWORD });
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
    await giveAway(file);
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
  const [file = '', ...args] = postgresCommand(bin, data, port, [
    'shared_buffers=16MB',
    'max_connections=30',
    'wal_receiver_status_interval=1',
    ...settings,
  ]);
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
  return async (sql, database = 'postgres') => {
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: OWNER,
      password: PASSWORD,
      database,
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
