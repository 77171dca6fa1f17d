/** The demo as a user runs it: built, in a process and a folder of its own, without a terminal. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DemoResult } from '../../examples/docs-rag/demo/index.ts';

const PATIENCE_MS = 400_000;

export interface DemoRun {
  readonly exit: number;
  readonly seconds: number;
  /** Null where it ended before it could tell. */
  readonly result: DemoResult | null;
  /** What it wrote last. */
  readonly tail: string;
}

/** @param words of `cutover demo` */
export async function runDemo(words: readonly string[]): Promise<DemoRun> {
  const cwd = await mkdtemp(join(tmpdir(), 'cutover-demo-'));
  const startedMs = Date.now();
  try {
    const all = [resolve('bin/cutover.js'), 'demo', ...words, '--no-keep', '--json'];
    const { exit, stdout, stderr } = await ended(all, cwd);
    return {
      exit,
      seconds: Math.round((Date.now() - startedMs) / 100) / 10,
      result: resultIn(stdout),
      tail: stderr.slice(-2000),
    };
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

function ended(
  words: readonly string[],
  cwd: string,
): Promise<{ exit: number; stdout: string; stderr: string }> {
  return new Promise((settle) => {
    const limits = { cwd, timeout: PATIENCE_MS, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [...words], limits, (_, stdout, stderr) =>
      settle({ exit: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

function resultIn(stdout: string): DemoResult | null {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as DemoResult;
  } catch {
    return null;
  }
}
