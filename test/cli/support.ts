/**
 * Runs the command line as a user does, as a process of its own, against a real server with the real workflow.
 * Invariant: nothing of the machine's own Temporal settings or account leaks into a test.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after } from 'node:test';
import { NativeConnection, Worker } from '@temporalio/worker';
import { installRuntime } from '../../src/telemetry.ts';
import { cachedBundle } from '../support/bundle.ts';
import { PROGRAM } from '../support/program.ts';
import { sharedServer, testEnv } from '../support/temporal.ts';
import { stubActivities } from './stub-activities.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROBES = path.join(ROOT, 'examples/docs-rag/probes');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end, ms. */
  readonly ms: number;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Sent once this text was seen on stdout. */
  readonly interruptAt?: string;
}

/** Runs `cutover` with these arguments. */
export async function cli(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const startedMs = Date.now();
  const child = spawn(process.execPath, [...PROGRAM, ...words], {
    cwd: ROOT,
    env: { ...testEnv({ USER: 'ana', HTTP_PROXY: '', NO_COLOR: '' }), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (options.interruptAt !== undefined && stdout.includes(options.interruptAt)) child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr, ms: Date.now() - startedMs };
}

/** The one JSON document on stdout. */
export function json({ stdout }: Ran): unknown {
  return JSON.parse(stdout) as unknown;
}

export interface Bench {
  readonly address: string;
  readonly taskQueue: string;
  readonly dir: string;
  /** Runs `cutover` on the test's server. */
  run(words: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Writes a plan; `more` is YAML that is added. Returns its path. */
  plan(service: string, more?: string): Promise<string>;
}

/** A server, a worker with stub activities, and a folder for plans; closed after the file's last test. */
export function openBench(): Bench & { ready: Promise<void> } {
  const taskQueue = `cli-${process.pid}`;
  const bench = { address: '', dir: '', taskQueue };
  const closers: (() => Promise<unknown>)[] = [];
  after(async () => {
    for (const close of closers.toReversed()) await close();
  });
  const ready = (async () => {
    bench.dir = await mkdtemp(path.join(tmpdir(), 'cutover-cli-'));
    closers.push(() => rm(bench.dir, { recursive: true, force: true }));
    const { address, namespace } = await sharedServer();
    bench.address = address;
    installRuntime('ERROR');
    const connection = await NativeConnection.connect({ address });
    closers.push(() => connection.close());
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      workflowBundle: { codePath: await cachedBundle() },
      activities: stubActivities(async (switchId, text) => {
        const file = path.join(bench.dir, 'reports', `${switchId}.md`);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text);
        return file;
      }),
    });
    const running = worker.run();
    closers.push(async () => {
      worker.shutdown();
      await running;
    });
  })();
  return {
    ready,
    taskQueue,
    get address() {
      return bench.address;
    },
    get dir() {
      return bench.dir;
    },
    run: async (words, options) => {
      await ready;
      return cli(words, { ...options, env: { TEMPORAL_ADDRESS: bench.address, ...options?.env } });
    },
    plan: async (service, more = '') => {
      await ready;
      const file = path.join(bench.dir, `${service}.yaml`);
      await writeFile(file, PLAN(service) + more);
      return file;
    },
  };
}

const PLAN = (service: string): string => `service: ${service}
entry: http://127.0.0.1:8787
colors:
  blue: { url: http://127.0.0.1:9001, release: r41 }
  green: { url: http://127.0.0.1:9002, release: r42 }
edge: { use: cloudflare }
telemetry: duckdb
queue: none
cache: none
probes: { set: ${PROBES} }
canary: { for: 2s, looks: 1 }
ramp: { for: 2s, looks: 1, steps: [25, 50] }
cutover: { freeze: 10s, quiet: 1s, fence: 1s }
audit: { for: 2s, looks: 1 }
hold: { for: 2s, looks: 1, peak: none }
decommission: { retire: false }
`;
