/**
 * The body of a request on its way to a color.
 *
 * Invariant: a body that the client cut off is known as such, so that the color is not blamed for it.
 */
export interface BytePipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** A pipe of native streams; the length is declared where it is known. Null where the runtime has none. */
export type OpenPipe = (length: number | null) => BytePipe;

export interface Upload {
  readonly body: ReadableStream<Uint8Array>;
  /** `cut`: the client broke off. */
  readonly state: () => 'copying' | 'sent' | 'cut';
}

/** @param keepAlive keeps the copying going (`ctx.waitUntil`). */
export function watchUpload(
  request: Request,
  body: ReadableStream<Uint8Array>,
  openPipe: OpenPipe,
  keepAlive: (work: Promise<unknown>) => void,
): Upload {
  const length = request.headers.get('content-length');
  const pipe = openPipe(length !== null && /^\d+$/.test(length) ? Number(length) : null);
  let state: ReturnType<Upload['state']> = 'copying';
  async function copy(): Promise<void> {
    const reader = body.getReader();
    const writer = pipe.writable.getWriter();
    for (;;) {
      let next: Awaited<ReturnType<typeof reader.read>>;
      try {
        next = await reader.read();
      } catch (cause) {
        state = 'cut';
        await writer.abort(cause);
        return;
      }
      if (next.done) {
        state = 'sent';
        return await writer.close();
      }
      await writer.write(next.value);
    }
  }
  // What the color does not read any more is no failure of ours.
  keepAlive(copy().catch(() => undefined));
  return { body: pipe.readable, state: () => state };
}

/** GET and HEAD may not have a body; some runtimes show an empty one. @returns what was found. */
export async function bodyOfRead(body: ReadableStream<Uint8Array> | null): Promise<'none' | 'some' | 'cut'> {
  if (body === null) return 'none';
  const reader = body.getReader();
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) return 'none';
      if (next.value.byteLength === 0) continue;
      await reader.cancel();
      return 'some';
    }
  } catch {
    return 'cut';
  }
}
