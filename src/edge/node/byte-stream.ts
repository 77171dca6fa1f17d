/**
 * Between Node's streams and those of fetch: a message read at the pace of its reader, and broken off where the message was.
 *
 * Invariant: a message that did not arrive whole never ends as if it had.
 */
import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';

export interface Reading {
  /** Called once, when somebody wants the body. */
  readonly onFirstPull?: () => void;
  /** Called when nobody wants the rest. */
  readonly onCancel: () => void;
}

export function bytesOf(
  message: IncomingMessage,
  { onFirstPull, onCancel }: Reading,
): ReadableStream<Uint8Array> {
  let isAsked = false;
  let isOver = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (cause: unknown): void => {
          if (isOver) return;
          isOver = true;
          controller.error(cause);
        };
        message.on('data', (chunk: Buffer) => {
          if (isOver) return;
          // A Buffer’s own `slice` would share the memory.
          controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
          message.pause();
        });
        message.once('end', () => {
          if (isOver) return;
          isOver = true;
          controller.close();
        });
        message.on('error', fail);
        message.once('close', () => fail(new Error('the message broke off')));
        message.pause();
      },
      pull() {
        if (!isAsked) onFirstPull?.();
        isAsked = true;
        message.resume();
      },
      cancel() {
        isOver = true;
        onCancel();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Resolves when `out` takes more, or never will. */
export function roomIn(out: Writable): Promise<void> {
  if (out.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const go = (): void => {
      out.off('drain', go);
      out.off('close', go);
      resolve();
    };
    out.once('drain', go);
    out.once('close', go);
  });
}
