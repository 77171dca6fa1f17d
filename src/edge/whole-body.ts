/**
 * Reads a body to its end if it is small, for answers that are of no use before it.
 *
 * Why for bodies of unknown length too: workerd ends a chunked answer cleanly even when the origin broke off (also a bare
 * pass-through Worker's), so a client could not tell half a document from a whole one.
 */

export type WholeBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The origin broke off. */
  | { readonly kind: 'cut' }
  /** More than was asked for: the body from its beginning, as a stream. */
  | { readonly kind: 'longer'; readonly body: ReadableStream<Uint8Array> };

/** @param most bytes read ahead at most, plus one chunk. */
export async function readWhole(body: ReadableStream<Uint8Array>, most: number): Promise<WholeBody> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (size <= most) {
      const next = await reader.read();
      if (next.done) return { kind: 'whole', bytes: concat(chunks) };
      chunks.push(next.value);
      size += next.value.byteLength;
    }
  } catch {
    return { kind: 'cut' };
  }
  return { kind: 'longer', body: goingOn(chunks, reader) };
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}

function goingOn(
  read: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const next = read.length > 0 ? { done: false, value: read.shift() } : await reader.read();
        if (next.done) controller.close();
        else if (next.value !== undefined) controller.enqueue(next.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
