/**
 * Follows NDJSON files that are appended to while we read, and spools what is new into small files for DuckDB.
 * Invariant: every byte of a whole line is handed out exactly once, over appends, rotation by rename and
 * truncation, also where a file has grown again since; the last line waits until its newline is there, or it is whole JSON and nobody has
 * written for a while.
 */
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isBefore, markOf, START, type Place } from './place.ts';

/** Takes spool files with whole lines; when it throws, the same lines are handed out again the next time. */
type Ingest = (spoolFiles: readonly string[]) => Promise<void>;

/** What was read and is not handed out yet. */
interface Pending {
  /** Whole lines. */
  readonly pieces: Buffer[];
  /** How far each file is read. */
  readonly ends: Map<string, Place>;
  bytes: number;
}

const NEWLINE = 10;
const LINE_END = Buffer.from('\n');
/** A file that nobody wrote to for so long may have been finished without a newline, as an upload in batches is. */
const QUIET_MS = 10_000;
/** From so many bytes on there are two spool files, because DuckDB reads a file of this size on one thread. */
const SPLIT_BYTES = 256 * 1024;

export class Tail {
  /** How far each file was handed out. */
  readonly #files = new Map<string, Place>();
  readonly #spoolDir: string;
  readonly #chunkBytes: number;
  #spooled = 0;

  /** @param chunkBytes largest piece read at once, and so the longest line that is believed. Default 16 MiB. */
  constructor(spoolDir: string, chunkBytes = 16 * 1024 * 1024) {
    this.#spoolDir = spoolDir;
    this.#chunkBytes = chunkBytes;
  }

  /**
   * Reads on in every file and calls `ingest` for what is new, as rarely as the size of a piece allows: each call
   * costs the same few statements, however short the lines of one file are. Spool files are removed after.
   * @param sinceMs files not written since (epoch ms) are left alone: they hold nothing that new.
   */
  async advance(paths: readonly string[], sinceMs: number, ingest: Ingest): Promise<void> {
    const pending: Pending = { pieces: [], ends: new Map(), bytes: 0 };
    for (const path of paths) {
      const facts = await stat(path).catch(() => null);
      // Gone between listing and reading: it was rotated away.
      if (facts === null || facts.mtimeMs < sinceMs) continue;
      // A renamed file is the same file; a new file in a reused inode has another birth.
      const key = `${facts.dev}:${facts.ino}:${facts.birthtimeMs}`;
      const known = this.#files.get(key) ?? START;
      if (facts.size !== known.offset || facts.mtimeMs !== known.mtimeMs) {
        await this.#readOn(path, key, facts, pending, ingest);
      }
    }
    await this.#handOut(pending, ingest);
  }

  async #readOn(
    path: string,
    key: string,
    { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number },
    pending: Pending,
    ingest: Ingest,
  ): Promise<void> {
    const handle = await open(path, 'r').catch(() => null);
    if (handle === null) return;
    try {
      // Two names of one file: what is pending was read already.
      const known = pending.ends.get(key) ?? this.#files.get(key) ?? START;
      let { offset } = known;
      if (!(await isBefore(handle, known))) {
        this.#files.set(key, START);
        offset = 0;
      }
      while (offset < size) {
        const buffer = Buffer.allocUnsafe(Math.min(this.#chunkBytes, size - offset));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
        if (bytesRead === 0) return;
        const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
        const piece = buffer.subarray(0, end === 0 ? bytesRead : end);
        // No newline in a full piece: nobody logs lines that long; skip it so that we do not read it forever.
        if (end === 0 && bytesRead < this.#chunkBytes) {
          if (Date.now() - mtimeMs < QUIET_MS || !isWholeJson(piece)) return;
          pending.pieces.push(Buffer.concat([piece, LINE_END]));
          pending.bytes += piece.length + 1;
        } else if (end > 0) {
          pending.pieces.push(piece);
          pending.bytes += end;
        }
        offset += piece.length;
        pending.ends.set(key, { offset, mark: markOf(piece), mtimeMs });
        if (pending.bytes >= this.#chunkBytes / 2) await this.#handOut(pending, ingest);
      }
    } finally {
      await handle.close();
    }
  }

  async #handOut(pending: Pending, ingest: Ingest): Promise<void> {
    const spools: string[] = [];
    try {
      await Promise.all(
        halves(pending).map((pieces) => {
          this.#spooled += 1;
          const file = join(this.#spoolDir, `spool-${process.hrtime.bigint()}-${this.#spooled}.ndjson`);
          spools.push(file);
          return writeFile(file, pieces, { mode: 0o600 });
        }),
      );
      if (spools.length > 0) await ingest(spools);
      for (const [key, end] of pending.ends) this.#files.set(key, end);
      pending.ends.clear();
      pending.pieces.length = pending.bytes = 0;
    } finally {
      await Promise.all(spools.map((file) => rm(file, { force: true })));
    }
  }
}

function isWholeJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString());
    return true;
  } catch {
    return false;
  }
}

/** The pieces as one or two lists of about the same size. */
function halves({ pieces, bytes }: Pending): readonly (readonly Buffer[])[] {
  if (bytes < SPLIT_BYTES) return bytes === 0 ? [] : [pieces];
  const [first, second]: [Buffer[], Buffer[]] = [[], []];
  let wanted = Math.ceil(bytes / 2);
  for (const piece of pieces) {
    const cut = wanted <= 0 ? 0 : piece.indexOf(NEWLINE, Math.min(wanted, piece.length) - 1) + 1;
    if (cut > 0) first.push(piece.subarray(0, cut));
    if (cut < piece.length) second.push(piece.subarray(cut));
    wanted -= piece.length;
  }
  return [first, second].filter((half) => half.length > 0);
}
