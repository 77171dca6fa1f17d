/**
 * Runs a short helper program and gives its output.
 * Invariant: it ends within its time limit, and a failure is one readable line, never a stack.
 */
import { execFile } from 'node:child_process';

export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** One line saying why, if not ok. */
  readonly problem: string;
}

/** Runs `command`; never throws. `timeoutMs` in milliseconds. */
export async function runTool(
  command: readonly string[],
  options: { readonly timeoutMs: number; readonly env?: NodeJS.ProcessEnv },
): Promise<ToolResult> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { timeout: options.timeoutMs, env: options.env ?? process.env, maxBuffer: 4 << 20, windowsHide: true },
      (error, stdout, stderr) => {
        if (!error) resolve({ ok: true, stdout, problem: '' });
        else resolve({ ok: false, stdout, problem: explain(error, stderr, options.timeoutMs) });
      },
    );
  });
}

function explain(
  error: Error & { code?: unknown; killed?: boolean },
  stderr: string,
  timeoutMs: number,
): string {
  if (error.code === 'ENOENT') return 'not installed';
  if (error.killed === true) return `no answer within ${timeoutMs / 1000} s`;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? error.message;
  return telling.trim().slice(0, 300);
}
