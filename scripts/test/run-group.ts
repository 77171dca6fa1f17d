/**
 * Runs a group of test files in a process of its own and gathers what they tell.
 * Invariant: every file is accounted for. A file in which the process ended, or was silent for too long, has failed by name, and
 * those after it run in a new process.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { processesOf } from './leaks.ts';
import type { FromChild } from './messages.ts';

/** Longer than the longest single test takes on a machine that is busy elsewhere. */
const SILENCE_MS = 6 * 60_000;
/** After the last file: for a pool that closes its idle connections. */
const END_MS = 15_000;
/** Of what a file wrote, shown only when it fails; characters. */
const TAIL_CHARS = 6_000;

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface FileResult {
  readonly file: string;
  ms: number;
  /** Of the process itself, without those that it started. */
  cpuMs: number;
  passed: number;
  readonly failed: { readonly name: string; readonly text: string }[];
  readonly skipped: { readonly name: string; readonly why: string }[];
  /** By its outermost suite. */
  readonly suites: Map<string, SuiteResult>;
  /** The end of what it wrote. */
  output: string;
}

export interface SuiteResult {
  passed: number;
  failed: number;
  /** Why rules were not asked. */
  readonly skipped: string[];
}

type OnFile = (result: FileResult) => void;

/** `onFile` is called once for each file, as it ends. */
export async function runGroup(files: readonly string[], onFile: OnFile): Promise<void> {
  let left = files;
  while (left.length > 0) left = await runProcess(left, onFile);
}

/** @returns the files that it did not come to */
function runProcess(files: readonly string[], onFile: OnFile): Promise<readonly string[]> {
  const results = new Map(files.map((file) => [file, newResult(file)] as const));
  let left = files;
  let current = files[0] ?? '';
  let allTold = false;
  let why = '';
  let timer: NodeJS.Timeout | undefined;
  // Set in a test that runs under `node --test`: then nothing but that would be told.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', `--test-reporter=${at('reporter.ts')}`, at('child.ts'), ...files],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...env, NODE_NO_WARNINGS: '1' } },
  );
  const allow = (ms: number, what: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      why = what;
      child.kill('SIGKILL');
    }, ms);
  };
  const settle = (file: string): void => {
    const result = results.get(file);
    if (result === undefined || !left.includes(file)) return;
    left = left.filter((one) => one !== file);
    endLeftovers(file);
    onFile(result);
  };
  allow(SILENCE_MS, 'it did not start');
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const result = results.get(current);
      if (result !== undefined) result.output = (result.output + text).slice(-TAIL_CHARS);
    });
  }
  child.on('message', (message: FromChild) => {
    const { file, kind } = message;
    const result = results.get(file);
    if (result === undefined) return;
    allow(SILENCE_MS, `nothing was heard of it for ${SILENCE_MS / 60_000} minutes`);
    if (kind === 'begin') current = file;
    else if (kind === 'end') Object.assign(result, { ms: message.ms, cpuMs: message.cpuMs });
    else if (kind !== 'told') take(result, message);
    else if (file !== files.at(-1)) settle(file);
    else {
      allTold = true;
      allow(END_MS, 'something kept the process from ending after its last test');
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      // The last file is settled here: what kept its process, or made it end badly, is its own.
      const last = left.includes(current) ? current : (left[0] ?? '');
      const hasFailed = [...results.values()].some(({ failed }) => failed.length > 0);
      if (!allTold || signal !== null || (code !== 0 && !hasFailed)) {
        const text = why || `the process ended with ${signal ?? `code ${code ?? '?'}`}`;
        results.get(last)?.failed.push({ name: '(process)', text });
      }
      settle(last);
      resolve(left);
    });
  });
}

type Result = Extract<FromChild, { readonly path: unknown }>;

function take(result: FileResult, { kind, path, text }: Result): void {
  const name = path.length === 0 ? '(file)' : path.join(' › ');
  const suite = result.suites.get(path[0] ?? '') ?? { passed: 0, failed: 0, skipped: [] };
  result.suites.set(path[0] ?? '', suite);
  if (kind === 'pass') suite.passed += 1;
  else if (kind === 'fail') suite.failed += 1;
  else suite.skipped.push(text);
  if (kind === 'pass') result.passed += 1;
  else if (kind === 'skip') result.skipped.push({ name, why: text });
  else result.failed.push({ name, text });
}

/** A process that outlived its file was told as a failure; it must not slow down or confuse the others. */
function endLeftovers(file: string): void {
  for (const { pid } of processesOf(file)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function newResult(file: string): FileResult {
  return { file, ms: 0, cpuMs: 0, passed: 0, failed: [], skipped: [], suites: new Map(), output: '' };
}
