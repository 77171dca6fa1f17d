/**
 * A real Prometheus on a loopback port, scraping an exporter of the test's own.
 * Invariant: the binary is the machine's, else Debian's package unpacked into a folder of ours (nothing is installed);
 * only when neither can be had is there a reason to skip, and it says what failed.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../probes/servers.ts';

const run = promisify(execFile);
const UNPACKED = path.join(tmpdir(), 'cutover-test-prometheus');

/** Path of the binary, or why there is none. */
export async function findPrometheus(): Promise<{ path: string } | { missing: string }> {
  const unpacked = path.join(UNPACKED, 'usr/bin/prometheus');
  for (const candidate of ['prometheus', '/usr/bin/prometheus', unpacked]) {
    const works = await run(candidate, ['--version']).then(
      () => true,
      () => false,
    );
    if (works) return { path: candidate };
  }
  try {
    const folder = await mkdtemp(path.join(tmpdir(), 'cutover-apt-'));
    await run('apt-get', ['download', 'prometheus'], { cwd: folder, timeout: 180_000 }).catch(async () => {
      await run('apt-get', ['update'], { timeout: 180_000 });
      await run('apt-get', ['download', 'prometheus'], { cwd: folder, timeout: 180_000 });
    });
    const [deb] = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
    await mkdir(path.join(folder, 'root'));
    await run('dpkg-deb', ['-x', path.join(folder, deb ?? ''), path.join(folder, 'root')]);
    if (!existsSync(UNPACKED)) await rename(path.join(folder, 'root'), UNPACKED);
    await rm(folder, { recursive: true, force: true });
    return { path: unpacked };
  } catch (cause) {
    return { missing: `no Prometheus here, and apt cannot provide it: ${String(cause).split('\n')[0]}` };
  }
}

export interface PrometheusServer {
  readonly url: string;
  /** Instant query without our code in between. */
  ask(query: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface PrometheusOptions {
  /** Samples of a time that has passed, in the text format of OpenMetrics. */
  readonly past?: string;
  /** Content type of what `metrics` gives; default: text exposition. */
  readonly contentType?: string;
  /** Further words of its command line. */
  readonly args?: readonly string[];
}

/** Starts it on `metrics` (asked at each scrape) and waits until it has scraped three times. */
export async function startPrometheus(
  binary: string,
  metrics: () => string | Uint8Array,
  { past, contentType = 'text/plain; version=0.0.4', args = [] }: PrometheusOptions = {},
): Promise<PrometheusServer> {
  const exporter = createServer((_, response) => {
    response.writeHead(200, { 'content-type': contentType }).end(metrics());
  });
  await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
  const folder = await mkdtemp(path.join(tmpdir(), 'cutover-prometheus-'));
  const config = path.join(folder, 'prometheus.yml');
  await writeFile(
    config,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [{ job_name: test, static_configs: [{ targets: ['${target}'] }] }]
`,
  );
  const data = path.join(folder, 'data');
  if (past !== undefined) {
    const file = path.join(folder, 'past.om');
    await writeFile(file, past);
    // Beside the server, as Debian packs it.
    const tool = binary.includes('/') ? path.join(path.dirname(binary), 'promtool') : 'promtool';
    await run(tool, ['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    binary,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
      ...args,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const server: PrometheusServer = {
    url,
    async ask(query) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
      return ((await response.json()) as { data?: { result?: unknown } }).data?.result;
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
      exporter.close();
      exporter.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const untilMs = Date.now() + 30_000;
  for (;;) {
    const scrapes = await server.ask('count_over_time(up[1m])').catch(() => null);
    const [first] = Array.isArray(scrapes) ? (scrapes as { value: [number, string] }[]) : [];
    if (Number(first?.value[1] ?? 0) >= 3) return server;
    if (Date.now() > untilMs || child.exitCode !== null) {
      await server.close();
      throw new Error(`Prometheus does not come up: ${said}`);
    }
    await sleep(100);
  }
}
