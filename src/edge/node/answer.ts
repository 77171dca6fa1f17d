/**
 * The router's answer on its way out: as it comes, at the pace of the client.
 *
 * Invariant: an answer whose body breaks off breaks the connection, so that no client takes a part for the whole.
 */
import type { ServerResponse } from 'node:http';
import { roomIn } from './byte-stream.ts';
import { rawOf } from './raw-headers.ts';

/** @returns when the answer has gone out, or the client has. Never throws. */
export async function send(answer: Response, out: ServerResponse): Promise<void> {
  const reader = answer.body?.getReader();
  if (out.destroyed) {
    await reader?.cancel().catch(() => undefined);
    return;
  }
  try {
    out.writeHead(answer.status, answer.statusText || undefined, rawOf(answer.headers));
    if (reader === undefined) {
      out.end();
      return;
    }
    // Headers of a stream whose first piece is not there yet go out alone.
    const soon = setImmediate(() => out.flushHeaders());
    const leave = (): void => void reader.cancel().catch(() => undefined);
    out.once('close', leave);
    for (;;) {
      const next = await reader.read();
      clearImmediate(soon);
      if (next.done) break;
      if (!out.write(next.value)) await roomIn(out);
    }
    out.off('close', leave);
    if (!out.destroyed) out.end();
  } catch {
    out.destroy();
  }
}
