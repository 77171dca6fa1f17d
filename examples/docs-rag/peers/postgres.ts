/**
 * A PostgreSQL of one's own: its folder, its first data, its process.
 *
 * Invariant: it refuses to run as root, so there it runs as another user, to whom its folder belongs. It listens on loopback only.
 */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { runTool } from '../../../src/dev-server/run-tool.ts';
import { startServer, type Server } from './start.ts';

const TOOL_MS = 60_000;
/** Data that nobody needs after a crash. */
const FOR_A_WHILE = ['fsync=off', 'shared_buffers=16MB', 'max_connections=30'];

/** Whom it runs as where we are root: the user of Debian's package, else nobody's. */
const USER = process.getuid?.() === 0 ? (hasUser('postgres') ? 'postgres' : 'nobody') : null;

/** Before the words of a program that refuses to run as root. */
export const AS_USER: readonly string[] =
  USER === null ? [] : ['setpriv', `--reuid=${USER}`, `--regid=${groupOf(USER)}`, '--clear-groups', '--'];

function hasUser(name: string): boolean {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .some((line) => line.startsWith(`${name}:`));
  } catch {
    return false;
  }
}

function groupOf(user: string): string {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${user}:`));
  return line?.split(':')[3] ?? user;
}

/** A temporary folder of whom it runs as. */
export async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-postgres-'));
  await giveAway(folder);
  return folder;
}

export async function giveAway(file: string): Promise<void> {
  if (USER !== null) await runTool(['chown', `${USER}:`, file], { timeoutMs: TOOL_MS });
}

export interface Owner {
  readonly name: string;
  readonly password: string;
}

/** Makes first data in `folder`. @returns where it lies. @param bin folder of its programs */
export async function makeData(bin: string, folder: string, { name, password }: Owner): Promise<string> {
  const data = join(folder, 'data');
  const secret = join(folder, 'secret');
  await writeFile(secret, password, { mode: 0o600 });
  await giveAway(secret);
  const auth = ['-A', 'scram-sha-256', '-U', name, `--pwfile=${secret}`];
  const words = ['-D', data, ...auth, '--no-sync', '--locale=C', '--encoding=UTF8'];
  const made = await runTool([...AS_USER, join(bin, 'initdb'), ...words], { timeoutMs: TOOL_MS });
  if (!made.ok) throw new Error(`initdb: ${made.problem}`);
  return data;
}

/** The words that run it. @param settings as in postgresql.conf, e.g. `fsync=off` */
export function postgresCommand(
  bin: string,
  data: string,
  port: number,
  settings: readonly string[],
): readonly string[] {
  const all = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  const words = ['-D', data, '-p', String(port), ...all.flatMap((one) => ['-c', one])];
  return [...AS_USER, join(bin, 'postgres'), ...words];
}

/** @returns its address, with name and password; what it kept is gone when it is stopped. */
export async function startPostgres(spec: {
  /** The program. */
  readonly file: string;
  readonly port: number;
  readonly owner: Owner;
  readonly logFile: string;
}): Promise<Server & { readonly url: string }> {
  const { file, port, owner, logFile } = spec;
  const bin = dirname(file);
  const folder = await ownFolder();
  const url = `postgres://${owner.name}:${owner.password}@127.0.0.1:${port}/postgres`;
  const atExit = (): void => forgetNow(folder);
  process.once('exit', atExit);
  const forget = (): Promise<void> => {
    process.off('exit', atExit);
    return rm(folder, { recursive: true, force: true });
  };
  try {
    const data = await makeData(bin, folder, owner);
    const server = await startServer({
      name: 'postgres',
      command: postgresCommand(bin, data, port, FOR_A_WHILE),
      ports: [port],
      logFile,
      env: { LC_ALL: 'C' },
      // SIGTERM waits for its clients, which are ended before it.
      graceMs: 3000,
      isReady: () => answers(url),
    });
    return { ...server, url, stop: () => server.stop().finally(forget) };
  } catch (error) {
    await forget();
    throw error;
  }
}

/** Of a server that may still write for a moment: a demo that is interrupted ends at once. */
function forgetNow(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // An exit handler that throws would change how the program ends.
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
