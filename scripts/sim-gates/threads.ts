/** Threads of a simulation: each is a module that answers a job with one message. */
import { Worker } from 'node:worker_threads';

/** A thread does not inherit the loader on Node 20, so it registers tsx before it loads TypeScript. */
export function spawnThread(module: URL): Worker {
  const url = JSON.stringify(module.href);
  return new Worker(`import('tsx/esm/api').then(({ register }) => (register(), import(${url})))`, {
    eval: true,
  });
}

/** @returns what the thread answers; one job at a time */
export function askThread<Answer>(thread: Worker, job: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (answer: Answer) => {
      thread.off('error', reject);
      resolve(answer);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.postMessage(job);
  });
}
