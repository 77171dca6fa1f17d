/** How far a file was read, so that it is noticed when somebody has written other content into it. */
import type { FileHandle } from 'node:fs/promises';

export interface Place {
  /** Bytes that were read. */
  readonly offset: number;
  /** The last of them. */
  readonly mark: Buffer;
  /** When the file had been written at that time, epoch ms. */
  readonly mtimeMs: number;
}

/** Holds the last line as a rule, with its id and its time. */
const MARK_BYTES = 1024;

export const START: Place = { offset: 0, mark: Buffer.alloc(0), mtimeMs: 0 };

/** @param piece what was read last; its bytes are copied */
export function markOf(piece: Buffer): Buffer {
  return Buffer.from(piece.subarray(-MARK_BYTES));
}

/** False when the file is shorter now, or holds other bytes before the place: it was cut off or written anew. */
export async function isBefore(handle: FileHandle, { offset, mark }: Place): Promise<boolean> {
  const found = Buffer.alloc(mark.length);
  const { bytesRead } = await handle.read(found, 0, found.length, offset - mark.length);
  return bytesRead === mark.length && found.equals(mark);
}
