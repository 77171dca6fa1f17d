/**
 * Writes a stream to a file only if its bytes hash to the pinned sha256.
 * Invariant: after a failure nothing is left at the destination.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** The bytes are not the ones we pinned: a tampered or different release. Never used, never cached. */
export class ChecksumError extends Error {
  override readonly name = 'ChecksumError';
  constructor(what: string, expected: string, actual: string) {
    super(`${what}: sha256 is ${actual}, expected ${expected}; refused`);
  }
}

/** sha256 of a file as lower-case hex. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Streams `source` to the executable file `path`, checking its hash on the way. */
export async function writeVerified(
  source: AsyncIterable<Uint8Array>,
  path: string,
  expected: string,
  what: string,
): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path, { mode: 0o755, flags: 'wx' }),
    );
    const actual = hash.digest('hex');
    if (actual !== expected) throw new ChecksumError(what, expected, actual);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
