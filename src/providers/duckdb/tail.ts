/**
 * Follows NDJSON files that are appended to while we read, and spools what is new into small files for DuckDB.
 * Invariant: every byte of a whole line is handed out exactly once, over appends, rotation by rename and
 * truncation; the unfinished last line waits until its newline is there.
 */
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Followed {
  /** Bytes handed out. */
  offset: number;
}

const NEWLINE = 10;

export class Tail {
  readonly #files = new Map<string, Followed>();
  readonly #spoolDir: string;
  readonly #chunkBytes: number;
  #spooled = 0;

  /** @param chunkBytes largest piece read at once, and so the longest line that is believed. Default 16 MiB. */
  constructor(spoolDir: string, chunkBytes = 16 * 1024 * 1024) {
    this.#spoolDir = spoolDir;
    this.#chunkBytes = chunkBytes;
  }

  /**
   * Reads on in every file and calls `ingest` with a spool file for each piece; the spool file is removed after.
   * @param sinceMs files not written since (epoch ms) are left alone: they hold nothing that new.
   */
  async advance(
    paths: readonly string[],
    sinceMs: number,
    ingest: (spoolFile: string) => Promise<void>,
  ): Promise<void> {
    for (const path of paths) {
      const facts = await stat(path).catch(() => null);
      // Gone between listing and reading: it was rotated away.
      if (facts === null || facts.mtimeMs < sinceMs) continue;
      // A renamed file is the same file; a new file in a reused inode has another birth.
      const key = `${facts.dev}:${facts.ino}:${facts.birthtimeMs}`;
      const followed = this.#files.get(key) ?? { offset: 0 };
      this.#files.set(key, followed);
      if (facts.size < followed.offset) followed.offset = 0;
      if (facts.size > followed.offset) await this.#readOn(path, followed, facts.size, ingest);
    }
  }

  async #readOn(
    path: string,
    followed: Followed,
    size: number,
    ingest: (spoolFile: string) => Promise<void>,
  ): Promise<void> {
    const handle = await open(path, 'r').catch(() => null);
    if (handle === null) return;
    try {
      const buffer = Buffer.allocUnsafe(Math.min(this.#chunkBytes, size - followed.offset));
      while (followed.offset < size) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, followed.offset);
        if (bytesRead === 0) return;
        const piece = buffer.subarray(0, bytesRead);
        const end = piece.lastIndexOf(NEWLINE) + 1;
        if (end === 0) {
          // No newline in a full piece: nobody logs lines that long; skip it so that we do not read it forever.
          if (bytesRead < this.#chunkBytes) return;
          followed.offset += bytesRead;
          continue;
        }
        await this.#spool(piece.subarray(0, end), ingest);
        followed.offset += end;
      }
    } finally {
      await handle.close();
    }
  }

  async #spool(piece: Buffer, ingest: (spoolFile: string) => Promise<void>): Promise<void> {
    this.#spooled += 1;
    const file = join(this.#spoolDir, `spool-${process.hrtime.bigint()}-${this.#spooled}.ndjson`);
    try {
      await writeFile(file, piece, { mode: 0o600 });
      await ingest(file);
    } finally {
      await rm(file, { force: true });
    }
  }
}
