/**
 * Several processes behind one port: the first one starts them, replaces one that dies, and asks all of them what they serve.
 *
 * Invariant: a process that ends before it listens for the same reason again and again ends the router with its exit code; one that
 * dies later is replaced, and the port stays open meanwhile.
 */
import cluster, { type Worker } from 'node:cluster';
import type { ServedReport } from '../contract.ts';

/** How long the processes have to tell what they serve, ms. */
const TELL_MS = 3000;
/** A process that lived shorter is not started again at once, ms. */
const SHORT_LIFE_MS = 1000;
const MAX_FAILED_STARTS = 3;

interface Question {
  readonly cutover: 'what do you serve' | 'what do the others serve';
  readonly id: number;
}

interface Told {
  readonly cutover: 'served';
  readonly id: number;
  /** One of a process; of the first one all the others’, or null where one of them did not tell. */
  readonly reports: readonly ServedReport[] | null;
}

export interface Supervised {
  /** Has every process drain. */
  stop(): void;
  /** Exit code, once all have ended. */
  readonly over: Promise<number>;
}

export interface SuperviseOptions {
  readonly count: number;
  readonly say: (text: string) => void;
  /** Called once, when the first process listens. */
  readonly onReady: (address: { readonly host: string; readonly port: number }) => void;
}

export function isClusterWorker(): boolean {
  return cluster.isWorker;
}

/** @returns '' in the first process, and where there is but one. */
export function processName(): string {
  return cluster.worker === undefined ? '' : `p${cluster.worker.id}`;
}

/** Starts so many copies of this very command. */
export function supervise({ count, say, onReady }: SuperviseOptions): Supervised {
  // Each process accepts by itself: a connection that the first one had handed to a process that dies would hang for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: process.argv[1] ?? '', args: process.argv.slice(2) });
  let isStopping = false;
  let isReady = false;
  let failedStarts = 0;
  let code = 0;
  const listening = new Set<Worker>();
  let resolveOver: (code: number) => void = () => undefined;
  const over = new Promise<number>((resolve) => {
    resolveOver = resolve;
  });

  function stop(exitCode: number): void {
    isStopping = true;
    code ||= exitCode;
    for (const worker of living()) worker.process.kill('SIGTERM');
    if (living().length === 0) resolveOver(code);
  }

  function start(): void {
    const startedMs = performance.now();
    const worker = cluster.fork();
    // A question to a process that has just died: without this it would end the first one too.
    worker.on('error', (error) => say(`process ${worker.process.pid ?? '?'}: ${error.message}`));
    worker.on('message', (message: Question | Told) => {
      if (message.cutover === 'what do the others serve') void tellOthers(worker, message.id, listening);
    });
    worker.once('listening', ({ address, port }) => {
      listening.add(worker);
      failedStarts = 0;
      if (!isReady) onReady({ host: address, port });
      isReady = true;
    });
    worker.once('exit', (exitCode, signal) => {
      const wasServing = listening.delete(worker);
      if (isStopping) {
        if (living().length === 0) resolveOver(code);
        return;
      }
      say(
        `process ${worker.process.pid ?? '?'} ended (${signal ?? `exit ${exitCode}`}); another takes its place`,
      );
      if (!wasServing) failedStarts += 1;
      if (failedStarts >= MAX_FAILED_STARTS) {
        say('the processes end before they listen: giving up');
        stop(exitCode || 1);
        return;
      }
      setTimeout(
        () => {
          if (!isStopping) start();
        },
        performance.now() - startedMs < SHORT_LIFE_MS ? SHORT_LIFE_MS : 0,
      );
    });
  }

  for (let i = 0; i < count; i += 1) start();
  return { stop: () => stop(0), over };
}

function living(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

async function tellOthers(asker: Worker, id: number, listening: ReadonlySet<Worker>): Promise<void> {
  const others = [...listening].filter((worker) => worker !== asker && worker.isConnected());
  const told = await Promise.all(others.map((worker) => askOne(worker, id)));
  const isWhole = told.every((report) => report !== null);
  const answer: Told = { cutover: 'served', id, reports: isWhole ? told : null };
  if (asker.isConnected()) asker.send(answer);
}

/** @returns null when it does not tell in time, also because it has ended. */
function askOne(worker: Worker, id: number): Promise<ServedReport | null> {
  return new Promise((resolve) => {
    const end = (report: ServedReport | null): void => {
      clearTimeout(timer);
      worker.off('message', listen);
      resolve(report);
    };
    const listen = (message: Question | Told): void => {
      if (message.cutover === 'served' && message.id === id) end(message.reports?.[0] ?? null);
    };
    const timer = setTimeout(() => end(null), TELL_MS);
    worker.on('message', listen);
    const question: Question = { cutover: 'what do you serve', id };
    worker.send(question);
  });
}

/** In a process of several: answers the first one, and asks it what the others serve. */
export function joinCluster(report: () => Promise<ServedReport>): () => Promise<readonly ServedReport[]> {
  let lastId = 0;
  const waiting = new Map<number, (reports: Told['reports']) => void>();
  process.on('message', (message: Question | Told) => {
    if (message.cutover === 'served') waiting.get(message.id)?.(message.reports);
    if (message.cutover !== 'what do you serve') return;
    const { id } = message;
    void report().then((own) => process.send?.({ cutover: 'served', id, reports: [own] } satisfies Told));
  });
  return () =>
    new Promise((resolve, reject) => {
      // Of all processes no two questions may have one number.
      const id = (lastId += 1) * 1000 + (cluster.worker?.id ?? 0);
      const end = (reports: Told['reports']): void => {
        clearTimeout(timer);
        waiting.delete(id);
        if (reports === null) reject(new Error('one of them did not answer in time'));
        else resolve(reports);
      };
      const timer = setTimeout(() => end(null), TELL_MS + 500);
      waiting.set(id, end);
      process.send?.({ cutover: 'what do the others serve', id } satisfies Question);
    });
}
