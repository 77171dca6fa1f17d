/**
 * Reads a small body to its end, for answers that are of no use before it.
 *
 * Invariant: waiting is bounded. When the time is up the body goes on as it comes, from its beginning.
 */
import { concat } from '../domain/concat.ts';

export type WholeBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The origin broke off. */
  | { readonly kind: 'cut' }
  /** It takes longer: the body from its beginning, as a stream. */
  | { readonly kind: 'longer'; readonly body: ReadableStream<Uint8Array> };

type Reading = ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>;

/** @param withinMs how long it waits at most. */
export async function readWhole(body: ReadableStream<Uint8Array>, withinMs: number): Promise<WholeBody> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const due = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), withinMs);
  });
  try {
    for (;;) {
      const reading = reader.read();
      const next = await Promise.race([reading, due]);
      if (next === null) return { kind: 'longer', body: goingOn(chunks, reading, reader) };
      if (next.done) return { kind: 'whole', bytes: concat(chunks) };
      chunks.push(next.value);
    }
  } catch {
    return { kind: 'cut' };
  } finally {
    clearTimeout(timer);
  }
}

function goingOn(
  read: Uint8Array[],
  reading: Reading,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let pending: Reading | null = reading;
  // Nobody may look at it before the next pull.
  pending.catch(() => undefined);
  return new ReadableStream(
    {
      async pull(controller) {
        const first = read.shift();
        if (first !== undefined) return controller.enqueue(first);
        const next = await (pending ?? reader.read());
        pending = null;
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
