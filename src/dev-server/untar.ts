/**
 * Yields the bytes of one file inside a tar stream.
 * Invariant: the whole entry or an error; links, directories and other entries are skipped, never created on disk.
 */

const BLOCK = 512;

/** Streams the first regular file of `tar` whose base name is `fileName`; throws if there is none. */
export async function* tarEntry(
  tar: AsyncIterable<Uint8Array>,
  fileName: string,
): AsyncGenerator<Uint8Array> {
  let pending = Buffer.alloc(0);
  let skip = 0;
  let wanted = -1;
  for await (const chunk of tar) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    for (;;) {
      if (wanted >= 0) {
        const piece = pending.subarray(0, wanted);
        wanted -= piece.length;
        pending = pending.subarray(piece.length);
        if (piece.length > 0) yield piece;
        if (wanted === 0) return;
        break;
      }
      const skipped = Math.min(skip, pending.length);
      skip -= skipped;
      pending = pending.subarray(skipped);
      if (skip > 0 || pending.length < BLOCK) break;
      const header = pending.subarray(0, BLOCK);
      pending = pending.subarray(BLOCK);
      const size = Number.parseInt(textAt(header, 124, 12).trim() || '0', 8);
      const type = textAt(header, 156, 1);
      const name = textAt(header, 0, 100);
      if (!Number.isFinite(size) || size < 0) throw new Error('broken tar header');
      if ((type === '0' || type === '') && name.split('/').at(-1) === fileName) wanted = size;
      else skip = Math.ceil(size / BLOCK) * BLOCK;
    }
  }
  throw new Error(wanted >= 0 ? 'tar file ends early' : `no ${fileName} in the archive`);
}

function textAt(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}
