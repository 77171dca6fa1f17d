/**
 * Request lines of one log, in files of bounded size, so that what is older than anybody asks can go while the log grows.
 * Invariant: a file's time of writing is that of its log when its last line was written.
 */
import { appendFile, rename, rm, stat, truncate, utimes } from 'node:fs/promises';
import { appendRest } from './append-rest.ts';

interface Copy {
  readonly file: string;
  bytes: number;
  writtenMs: number;
}

export class Copies {
  readonly #base: string;
  readonly #mostBytes: number;
  #copies: Copy[] = [];
  #named = 0;

  /**
   * @param base path that the names of the files begin with
   * @param mostBytes size from which on a file takes no more lines
   */
  constructor(base: string, mostBytes: number) {
    this.#base = base;
    this.#mostBytes = mostBytes;
  }

  get isEmpty(): boolean {
    return this.#copies.length === 0;
  }

  /** @param text whole lines. @param writtenMs when their log was written, epoch ms. */
  async append(text: string, writtenMs: number): Promise<void> {
    const last = this.#copies.at(-1);
    const copy = last === undefined || last.bytes >= this.#mostBytes ? this.#next() : last;
    try {
      await appendFile(copy.file, text, { mode: 0o600 });
    } catch (cause) {
      await truncate(copy.file, copy.bytes).catch(() => undefined);
      throw cause;
    }
    copy.bytes += Buffer.byteLength(text);
    await dated(copy, writtenMs);
  }

  /**
   * Takes a file of all lines of the log, in place of those that it had.
   * @returns true when they are not the old ones with more at their end
   */
  async take(whole: string, writtenMs: number): Promise<boolean> {
    const [old, another] = this.#copies;
    if (old !== undefined && another === undefined && (await appendRest(whole, old.file))) {
      await dated(old, writtenMs);
      return false;
    }
    await this.clear();
    const copy = this.#next();
    await rename(whole, copy.file);
    copy.bytes = (await stat(copy.file)).size;
    await dated(copy, writtenMs);
    return old !== undefined;
  }

  /** Files that may hold lines since then. @param sinceMs epoch ms */
  since(sinceMs: number): readonly string[] {
    return this.#copies.filter(({ writtenMs }) => writtenMs >= sinceMs).map(({ file }) => file);
  }

  /** Removes files whose last line was written before. @param beforeMs epoch ms */
  async drop(beforeMs: number): Promise<void> {
    const old = this.#copies.filter(({ writtenMs }) => writtenMs < beforeMs);
    if (old.length === 0) return;
    this.#copies = this.#copies.filter((copy) => !old.includes(copy));
    await Promise.all(old.map(({ file }) => rm(file, { force: true })));
  }

  async clear(): Promise<void> {
    await this.drop(Number.POSITIVE_INFINITY);
  }

  #next(): Copy {
    this.#named += 1;
    const copy = { file: `${this.#base}-${this.#named}.ndjson`, bytes: 0, writtenMs: 0 };
    this.#copies.push(copy);
    return copy;
  }
}

async function dated(copy: Copy, writtenMs: number): Promise<void> {
  copy.writtenMs = writtenMs;
  await utimes(copy.file, writtenMs / 1000, writtenMs / 1000);
}
