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
  /** `cut`: the client broke off; `over`: it sent more than is taken. */
  readonly state: () => 'copying' | 'sent' | 'cut' | 'over';
}

export interface UploadOptions {
  readonly openPipe: OpenPipe | null;
  readonly maxBytes: number;
  /** Keeps the copying going (`ctx.waitUntil`). */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** Error class of a body that is longer than what is taken. */
export const TOO_LARGE = 'client:body_too_large';

export function watchUpload(
  request: Pick<Request, 'headers'>,
  body: ReadableStream<Uint8Array>,
  { openPipe, maxBytes, keepAlive }: UploadOptions,
): Upload {
  const watched = watch(body, maxBytes);
  if (openPipe === null) return watched;
  const length = request.headers.get('content-length');
  const pipe = openPipe(length !== null && /^\d+$/.test(length) ? Number(length) : null);
  // What the color does not read any more is no failure of ours.
  keepAlive(copy(watched.body, pipe.writable).catch(() => undefined));
  return { body: pipe.readable, state: watched.state };
}

/** The same body, read at the pace of its reader. */
function watch(body: ReadableStream<Uint8Array>, maxBytes: number): Upload {
  const reader = body.getReader();
  let state: ReturnType<Upload['state']> = 'copying';
  let room = maxBytes;
  const watched = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let next: Awaited<ReturnType<typeof reader.read>>;
        try {
          next = await reader.read();
        } catch (cause) {
          state = 'cut';
          throw cause;
        }
        if (next.done) {
          state = 'sent';
          controller.close();
          return;
        }
        room -= next.value.byteLength;
        if (room >= 0) return controller.enqueue(next.value);
        state = 'over';
        await reader.cancel().catch(() => undefined);
        throw new Error('the body is longer than what is taken');
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { body: watched, state: () => state };
}

async function copy(from: ReadableStream<Uint8Array>, to: WritableStream<Uint8Array>): Promise<void> {
  const reader = from.getReader();
  const writer = to.getWriter();
  for (;;) {
    let next: Awaited<ReturnType<typeof reader.read>>;
    try {
      next = await reader.read();
    } catch (cause) {
      await writer.abort(cause);
      return;
    }
    if (next.done) return await writer.close();
    await writer.write(next.value);
  }
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
