/** A file that was written anew: the same with more at its end, or another. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm, stat, truncate } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const COMPARED_BYTES = 1024 * 1024;

/**
 * Appends what `longer` has beyond the bytes of `file`, and removes it.
 * @returns false, with both as they were, when it does not begin with those bytes
 */
export async function appendRest(longer: string, file: string): Promise<boolean> {
  const { size } = await stat(file);
  if ((await stat(longer)).size < size || !(await beginsAlike(longer, file, size))) return false;
  try {
    await pipeline(createReadStream(longer, { start: size }), createWriteStream(file, { flags: 'a' }));
  } catch (cause) {
    // Half a rest would be read as if it were all of it.
    await truncate(file, size);
    throw cause;
  }
  await rm(longer);
  return true;
}

async function beginsAlike(one: string, other: string, size: number): Promise<boolean> {
  const handles = await Promise.all([open(one), open(other)]);
  try {
    for (let at = 0; at < size; at += COMPARED_BYTES) {
      const [a, b] = await Promise.all(
        handles.map(async (handle) => {
          const buffer = Buffer.alloc(Math.min(COMPARED_BYTES, size - at));
          await handle.read(buffer, 0, buffer.length, at);
          return buffer;
        }),
      );
      if (a === undefined || b === undefined || !a.equals(b)) return false;
    }
    return true;
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}
