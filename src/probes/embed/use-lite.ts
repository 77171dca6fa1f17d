/**
 * The embedded default: Universal Sentence Encoder lite (512 dimensions, English) from npm, offline.
 * 50-90 ms for a 60-word window on one core, so it runs in a worker thread and the event loop stays free.
 *
 * Invariant: one text at a time, rounded to float16: a vector depends on its text alone, not on its batch, and
 * equals the one that a float16 cache gives back.
 */
import { Worker } from 'node:worker_threads';
import type { Embedder, EmbedRole } from './embedder.ts';
import { EmbedderError, unitVector } from './embedder.ts';
import { roundToHalf } from './float16.ts';

const DIM = 512;
const ID = 'use-lite@0.2.0/512/f16';

/** What the thread answers; `vector` or `error`. */
export interface WorkerAnswer {
  readonly id: number;
  readonly vector?: readonly number[];
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (vector: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts the entry beside this file, by this file's extension: `.js` from dist, `.ts` from source. Node 20 runs
 * `.ts` only through tsx, whose `--import` does not reach worker threads there, so the thread registers it itself.
 */
function startThread(): Worker {
  const source = import.meta.url.endsWith('.ts');
  const entry = new URL(`./use-lite-worker.${source ? 'ts' : 'js'}`, import.meta.url);
  const options = { name: 'cutover-embedder' };
  if (!source || Number.parseInt(process.versions.node, 10) >= 22) return new Worker(entry, options);
  const tsx = import.meta.resolve('tsx/esm/api');
  const boot = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(entry.href)}); })`;
  return new Worker(boot, { ...options, eval: true });
}

class UseLite implements Embedder {
  readonly id = ID;
  readonly dim = DIM;
  readonly maxTokens = 128;
  readonly windowWords = 60;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #next = 0;
  #closed = false;

  async embed(texts: readonly string[], _role: EmbedRole, signal?: AbortSignal): Promise<Float32Array[]> {
    const out: Float32Array[] = [];
    // One after the other: the thread has one core anyway, and an abort then takes effect after one text.
    for (const text of texts) {
      signal?.throwIfAborted();
      out.push(await this.#one(text));
    }
    return out;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #one(text: string): Promise<Float32Array> {
    if (this.#closed) return Promise.reject(new EmbedderError(`${ID} is closed`, { retryable: false }));
    const worker = this.#start();
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage({ id, text });
    });
  }

  #start(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = startThread();
    worker.unref();
    worker.on('message', (answer: WorkerAnswer) => this.#settle(worker, answer));
    worker.on('error', (cause) => this.#lost(worker, cause));
    worker.on('exit', (code) => this.#lost(worker, new Error(`embedder thread exited with ${code}`)));
    this.#worker = worker;
    return worker;
  }

  #settle(worker: Worker, answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    // An idle thread must not keep the process alive.
    if (this.#waiting.size === 0) worker.unref();
    if (waiting === undefined) return;
    try {
      if (answer.vector === undefined)
        throw new EmbedderError(`${ID}: ${answer.error}`, { retryable: false });
      waiting.resolve(roundToHalf(unitVector(answer.vector, DIM, ID)));
    } catch (error) {
      waiting.reject(error as Error);
    }
  }

  #lost(worker: Worker, cause: unknown): void {
    // The next call starts a new thread.
    if (this.#worker === worker) this.#worker = null;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost)
      reject(new EmbedderError(`${ID}: thread lost`, { retryable: true, cause }));
  }
}

/** One thread serves everybody in this process: it has a model of its own, and more threads would not be faster on few cores. */
let shared: { readonly embedder: UseLite; users: number } | null = null;

/** The offline embedder; its thread starts at the first text (about 0.3 s) and ends with the last who closes it. */
export function createUseLite(): Embedder {
  const mine = (shared ??= { embedder: new UseLite(), users: 0 });
  mine.users += 1;
  const { embedder } = mine;
  let isClosed = false;
  return {
    id: embedder.id,
    dim: embedder.dim,
    maxTokens: embedder.maxTokens,
    windowWords: embedder.windowWords,
    embed: async (texts, role, signal) => {
      if (isClosed) throw new EmbedderError(`${ID} is closed`, { retryable: false });
      return embedder.embed(texts, role, signal);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      mine.users -= 1;
      if (mine.users > 0) return;
      if (shared === mine) shared = null;
      await embedder.close();
    },
  };
}
