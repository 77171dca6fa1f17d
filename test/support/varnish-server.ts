/**
 * Real Varnish servers for tests, with the VCL that users are given: Debian's `varnishd`, or the one that CUTOVER_TEST_VARNISH names.
 * Invariant: each listens on loopback only, and ends with the process that started it.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { runTool } from '../../src/dev-server/run-tool.ts';
import { freePort } from '../probes/servers.ts';
import { until } from './redis-server.ts';

const BINARY = process.env['CUTOVER_TEST_VARNISH'] ?? 'varnishd';
/** What compiles VCL, without the care of a release: it takes most of a start. */
const COMPILE = 'exec gcc -std=gnu99 -O0 -fpic -shared -Wl,-x -o %o %s';
/** A start compiles: on a busy machine that takes long. */
const START_MS = 120_000;
const PAGE = new URL('../../docs/varnish.md', import.meta.url);

export interface VarnishServer {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Throws where there is none, or none with xkey. */
export async function findVarnish(): Promise<void> {
  const found = await runTool([BINARY, '-V'], { timeoutMs: 10_000 });
  if (!found.ok)
    throw new Error(`${BINARY}: ${found.problem}; Debian: apt-get install varnish varnish-modules`);
}

export interface VarnishConfig {
  readonly blue: number;
  readonly green: number;
  /** Changes the text of the page. */
  readonly bend?: (vcl: string) => string;
}

export async function startVarnish({
  blue,
  green,
  bend = (vcl) => vcl,
}: VarnishConfig): Promise<VarnishServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-varnish-'));
  const [, vcl = ''] = /```vcl\n([\s\S]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? [];
  const file = join(folder, 'docs.vcl');
  await writeFile(file, bend(vcl.replace('"9001"', `"${blue}"`).replace('"9002"', `"${green}"`)));
  const port = await freePort();
  // Its jail is for a service: here the user who tests reads the files.
  const args = [
    '-j',
    'none',
    '-F',
    '-a',
    `127.0.0.1:${port}`,
    '-T',
    'none',
    '-f',
    file,
    '-n',
    join(folder, 'work'),
  ];
  const parameters = ['thread_pools=1', 'thread_pool_min=10', 'vsl_space=1M', `cc_command=${COMPILE}`];
  const small = ['-s', 'malloc,16m', ...parameters.flatMap((one) => ['-p', one])];
  const child = await spawnGuarded(BINARY, [...args, ...small], { env: { ...process.env } });
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await child.stop(2000);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(async () => {
      if (!child.isRunning()) throw new Error(`varnishd ended: ${child.tail()}`);
      return fetch(url, { method: 'PURGE', headers: { 'xkey-purge': 'none' } }).then(
        ({ ok }) => ok,
        () => false,
      );
    }, START_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, port, stop };
}
