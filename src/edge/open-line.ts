/**
 * The line of a request from its beginning on.
 *
 * Invariant: every request that began leaves exactly one line, also when the client goes away or the router breaks: the
 * runtime is kept waiting until it is written.
 */
import type { Defer, Job, RouterPorts } from './job.ts';
import { requestLine, type Outcome } from './request-record.ts';

export interface OpenLine {
  /** Writes the line, of the job as it is at its end; a second call is ignored, because the first end is the true one. */
  write(job: Job, outcome: Outcome): void;
}

export function openLine(ports: RouterPorts, defer: Defer): OpenLine {
  const { promise, resolve } = deferred();
  defer(promise);
  let written = false;
  return {
    write(job, outcome) {
      if (written) return;
      written = true;
      void writeLine(ports, job, outcome).finally(resolve);
    },
  };
}

/** One more line of a request whose first is written: the end of a WebSocket. */
export async function writeLine(ports: RouterPorts, job: Job, outcome: Outcome): Promise<void> {
  ports.log(requestLine(job, outcome, await job.user), job.defer);
}

/** A body that was there at once. */
export function instant(atMs: number): Outcome['body'] {
  return { firstByteMs: atMs, usableMs: atMs, endMs: atMs, error: null };
}

/** No body at all. */
export function without(atMs: number): Outcome['body'] {
  return { firstByteMs: null, usableMs: null, endMs: atMs, error: null };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function deferred(): { promise: Promise<unknown>; resolve: (value?: unknown) => void } {
  let resolve: (value?: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
