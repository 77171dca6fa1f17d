/**
 * Workers as processes that can be killed and stopped, and a guard for the stopped ones: a process under SIGSTOP cannot see that
 * its parent has gone, so a shell on a pipe of ours ends it when we die, however we die.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { startChild, type Child } from '../../examples/docs-rag/shared/child.ts';
import type { Stack } from '../../examples/docs-rag/stack.ts';
import { workerEnvironment } from '../../examples/docs-rag/demo/environment.ts';
import { spawnWatchdog } from '../../src/dev-server/guarded-child.ts';

/** A worker bundles its workflow code as it starts, on whatever the machine has left. */
const READY_MS = 120_000;

export class Workers {
  readonly #dir: string;
  readonly #stack: Stack;
  readonly #temporal: { address: string; namespace: string };
  readonly #env: Readonly<Record<string, string>>;
  readonly #running = new Set<Child>();
  readonly #guards = new Map<number, ChildProcess>();

  constructor(
    dir: string,
    stack: Stack,
    temporal: { address: string; namespace: string },
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#env = env;
    this.#dir = dir;
    this.#stack = stack;
    this.#temporal = temporal;
  }

  get running(): readonly Child[] {
    return [...this.#running];
  }

  async start(): Promise<Child> {
    const child = await startChild({
      name: 'worker',
      module: new URL('../../src/worker.ts', import.meta.url),
      settings: {},
      logDir: join(this.#dir, 'stack', 'logs'),
      timeoutMs: READY_MS,
      env: { ...workerEnvironment(this.#stack, this.#temporal), ...this.#env },
    });
    this.#running.add(child);
    void child.exited.then(() => this.#running.delete(child));
    return child;
  }

  /** All that can still act: a stopped one is left to come back. */
  async killAll(): Promise<void> {
    const awake = this.running.filter((child) => !this.#guards.has(child.pid));
    await Promise.all(awake.map((child) => this.kill(child)));
  }

  async kill(child: Child): Promise<void> {
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    this.#unguard(child.pid);
  }

  stop(child: Child): void {
    const guard = spawnWatchdog(child.pid);
    if (guard === undefined) throw new Error('there is no shell to guard a stopped process');
    this.#guards.set(child.pid, guard);
    process.kill(child.pid, 'SIGSTOP');
  }

  goOn(child: Child): void {
    process.kill(child.pid, 'SIGCONT');
    this.#unguard(child.pid);
  }

  async close(): Promise<void> {
    for (const pid of this.#guards.keys()) process.kill(pid, 'SIGCONT');
    for (const pid of this.#guards.keys()) this.#unguard(pid);
    await Promise.all(this.running.map((child) => child.close()));
  }

  #unguard(pid: number): void {
    this.#guards.get(pid)?.kill('SIGKILL');
    this.#guards.delete(pid);
  }
}
