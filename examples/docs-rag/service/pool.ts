/**
 * The instances of a serverless color: started on demand, shared up to their concurrency, expired when idle.
 *
 * Invariants: a request that waits for a start is cold, all others are warm; never more than `max` instances;
 * an instance with work is never expired; a dead instance fails only its own requests.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { sibling } from '../shared/paths.ts';
import type { Answered, Ask } from './brain.ts';
import type { FaultName } from './faults.ts';
import type { FromInstance, InstanceSettings, ToInstance } from './instance.ts';

export interface PoolOptions {
  readonly max: number;
  readonly concurrency: number;
  /** Longest idleness of the last instance, ms. */
  readonly idleMs: number;
  /** The same of one beside others, where it is shorter. Asked, as `settings` is at a start, so that a fault can change it. */
  readonly extraIdleMs: () => number;
  readonly settings: () => InstanceSettings;
}

/** A request's hold on an instance. */
export interface Slot {
  readonly instanceId: string;
  readonly cold: boolean;
  ask(ask: Ask): Promise<Answered>;
  release(): void;
}

interface Instance {
  readonly id: string;
  readonly worker: Worker;
  readonly ready: Promise<void>;
  readonly pending: Map<number, { resolve: (a: Answered) => void; reject: (e: Error) => void }>;
  warm: boolean;
  busy: number;
  idleTimer: NodeJS.Timeout | null;
}

export class InstancePool {
  readonly #options: PoolOptions;
  readonly #instances = new Set<Instance>();
  #nextId = 1;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get ready(): number {
    return [...this.#instances].filter((i) => i.warm).length;
  }

  /**
   * Takes a warm instance, or joins or starts a cold one.
   * @param alone a warm ping: it wants an instance to itself, so that concurrent pings warm several.
   */
  async acquire(alone = false): Promise<Slot> {
    if (this.#closed) throw new Error('the service is closing');
    const limit = alone ? 1 : this.#options.concurrency;
    const all = [...this.#instances].toSorted((a, b) => a.busy - b.busy);
    const free = all.filter((i) => i.busy < limit);
    const instance =
      free.find((i) => i.warm) ??
      // Joining a start that is under way is as cold as a start of one's own, and costs the machine nothing.
      free[0] ??
      (all.length < this.#options.max ? this.#start() : all[0]) ??
      this.#start();
    const cold = !instance.warm;
    instance.busy += 1;
    if (instance.idleTimer !== null) clearTimeout(instance.idleTimer);
    let held = true;
    const release = (): void => {
      if (held) this.#release(instance);
      held = false;
    };
    try {
      await instance.ready;
    } catch (error) {
      release();
      throw error;
    }
    return { instanceId: instance.id, cold, release, ask: (ask) => this.#ask(instance, ask) };
  }

  /** Tells every instance of a fault ahead of the first request under it; later ones start with it. */
  prepare(fault: FaultName): void {
    for (const { worker } of this.#instances) tell(worker, { fault });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#instances].map((i) => this.#stop(i)));
  }

  #start(): Instance {
    const worker = startThread(this.#options.settings());
    let failed: (error: Error) => void = () => {};
    const instance: Instance = {
      id: randomUUID().slice(0, 8),
      worker,
      pending: new Map(),
      warm: false,
      busy: 0,
      idleTimer: null,
      ready: new Promise<void>((resolve, reject) => {
        failed = reject;
        worker.on('message', (message: FromInstance) => {
          if ('ready' in message) {
            instance.warm = true;
            resolve();
            return;
          }
          const waiting = instance.pending.get(message.id);
          instance.pending.delete(message.id);
          if ('answered' in message) waiting?.resolve(message.answered);
          else waiting?.reject(new Error(message.failed));
        });
      }),
    };
    instance.ready.catch(() => {});
    const lost = (error: Error): void => {
      this.#instances.delete(instance);
      failed(error);
      for (const waiting of instance.pending.values()) waiting.reject(error);
      instance.pending.clear();
    };
    worker.on('error', lost);
    worker.on('exit', () => lost(new Error(`instance ${instance.id} ended`)));
    this.#instances.add(instance);
    return instance;
  }

  #ask(instance: Instance, ask: Ask): Promise<Answered> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise<Answered>((resolve, reject) => {
      instance.pending.set(id, { resolve, reject });
      tell(instance.worker, { id, ask });
    });
  }

  #release(instance: Instance): void {
    instance.busy -= 1;
    if (instance.busy > 0) return;
    const { idleMs } = this.#options;
    const extraMs = Math.min(idleMs, this.#options.extraIdleMs());
    const after = (ms: number, then: () => void): void => {
      instance.idleTimer = setTimeout(then, ms);
      instance.idleTimer.unref();
    };
    after(extraMs, () => {
      if (this.#instances.size > 1 || extraMs === idleMs) void this.#stop(instance);
      else after(idleMs - extraMs, () => void this.#stop(instance));
    });
  }

  async #stop(instance: Instance): Promise<void> {
    if (instance.idleTimer !== null) clearTimeout(instance.idleTimer);
    this.#instances.delete(instance);
    await instance.worker.terminate();
  }
}

function tell(worker: Worker, message: ToInstance): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
  worker.postMessage(message);
}

/** Node 20 gives `--import tsx` to the main thread only, so a thread started from sources loads it by itself. */
function startThread(workerData: InstanceSettings): Worker {
  const url = sibling('./instance.ts', import.meta.url);
  if (url.href.endsWith('.js')) return new Worker(url, { workerData });
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const start = `import(${tsx}).then((t) => (t.register(), import(${JSON.stringify(url.href)})))`;
  return new Worker(start, { eval: true, workerData });
}
