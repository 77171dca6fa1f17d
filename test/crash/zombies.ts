/**
 * A worker stopped by SIGSTOP in the middle of an edge write, and what happens when it goes on after another has taken over: its
 * write arrives late, and nothing may change.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../examples/docs-rag/shared/child.ts';
import type { CrashWorld } from './harness.ts';
import type { Action } from './hits.ts';

/** Long enough for a revived worker to do whatever it will: its timers, its answers, its next poll. */
const WATCH_MS = 2500;

export class Zombies {
  readonly #stopped: { child: Child; letGo: () => void }[] = [];
  readonly #lateWrites: number;

  /** @param options.lateWrites how many writes are still on their way when the stopped workers go on; default 1. */
  constructor({ lateWrites = 1 }: { readonly lateWrites?: number } = {}) {
    this.#lateWrites = lateWrites;
  }

  /** Stops the worker that has the write, and starts another. */
  readonly make: Action = async ({ workers }, _run, letGo) => {
    const [child] = workers.running;
    assert.ok(child, 'a worker runs');
    workers.stop(child);
    this.#stopped.push({ child, letGo });
    await workers.start();
  };

  /** At a later moment: lets the late write through, then its worker go on; fails unless all stays as it was. */
  readonly wake: Action = async (world, _run, letGoOfMoment) => {
    letGoOfMoment();
    await this.#wake(world);
  };

  async #wake(world: CrashWorld): Promise<void> {
    const before = await world.readEdge();
    const seen = world.edge.answered.length;
    const woken = this.#stopped.splice(0);
    for (const { child, letGo } of woken) {
      letGo();
      world.workers.goOn(child);
    }
    await sleep(WATCH_MS);
    const after = await world.readEdge();
    assert.deepEqual(after, before, 'the edge config stays what the second worker wrote');
    const late = world.edge.answered.slice(seen).filter((one) => one.method === 'PUT');
    assert.deepEqual(
      late.map((one) => one.status),
      Array.from({ length: this.#lateWrites }, () => 409),
      'every late write arrived and was refused',
    );
    for (const { child } of woken) {
      assert.ok(world.workers.running.includes(child), 'a revived worker goes on working');
    }
  }
}
