/**
 * Runs the command line against a real server with the real workflow: in this process, as `bin` does but for what a process
 * alone has (program.test.ts holds that).
 * Invariant: nothing of the machine's own Temporal settings or account leaks into a test.
 */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { after } from 'node:test';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WatchInput, WatchResult } from '../../src/activities/api.ts';
import { run } from '../../src/cli/run.ts';
import { installRuntime } from '../../src/telemetry.ts';
import { quickBundle } from '../support/bundle.ts';
import { sharedServer, testEnv } from '../support/temporal.ts';
import { stubActivities } from './stub-activities.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROBES = path.join(ROOT, 'examples/docs-rag/probes');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Ctrl-C once this text was seen on stdout. */
  readonly interruptAt?: string;
  /** Of the terminal. Default: none, which is 80. */
  readonly columns?: number;
}

/** Runs `cutover` with these arguments. */
export async function cli(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const interrupt = new AbortController();
  const stdout = kept((text) => {
    if (options.interruptAt !== undefined && text.includes(options.interruptAt)) interrupt.abort();
  });
  const stderr = kept();
  const code = await run(words, {
    stdin: Readable.from([]),
    stdout: Object.assign(stdout.stream, { columns: options.columns ?? 0 }),
    stderr: stderr.stream,
    env: { ...testEnv({ USER: 'ana', HTTP_PROXY: '', NO_COLOR: '' }), ...options.env },
    signal: interrupt.signal,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function kept(onText: (text: string) => void = () => undefined): { stream: Writable; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      onText(text);
      done();
    },
  });
  return { stream, text: () => text };
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
  /** Writes a plan; `more` is YAML that is added, `set` another probe set. Returns its path. */
  plan(service: string, more?: string, set?: string): Promise<string>;
}

/** A server, a worker with stub activities, and a folder for plans; closed after the file's last test. */
let opened = 0;

export function openBench(
  /** Instead of a look of the stub activities; null where that will do. */
  looked?: (input: WatchInput, dir: string) => Promise<WatchResult | null>,
): Bench & { ready: Promise<void> } {
  opened += 1;
  const taskQueue = `cli-${process.pid}-${opened}`;
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
      workflowBundle: await quickBundle(),
      activities: stubActivities(
        async (switchId, text) => {
          const file = path.join(bench.dir, 'reports', `${switchId}.md`);
          await mkdir(path.dirname(file), { recursive: true });
          await writeFile(file, text);
          return file;
        },
        async (input) => (await looked?.(input, bench.dir)) ?? null,
      ),
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
    plan: async (service, more = '', set = PROBES) => {
      await ready;
      const file = path.join(bench.dir, `${service}.yaml`);
      await writeFile(file, PLAN(service, set) + more);
      return file;
    },
  };
}

const PLAN = (service: string, set: string): string => `service: ${service}
entry: http://127.0.0.1:8787
colors:
  blue: { url: http://127.0.0.1:9001, release: r41 }
  green: { url: http://127.0.0.1:9002, release: r42 }
edge: { use: cloudflare }
telemetry: { use: duckdb, path: ./edge.ndjson }
queue: none
cache: none
probes: { set: ${set} }
canary: { for: 2s, looks: 1 }
ramp: { for: 2s, looks: 1, steps: [25, 50] }
cutover: { freeze: 10s, quiet: 1s, fence: 1s }
audit: { for: 2s, looks: 1 }
hold: { for: 2s, looks: 1, peak: none }
decommission: { retire: false }
`;
