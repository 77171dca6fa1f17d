/**
 * Appends batches of NDJSON to one file.
 *
 * Invariant: a batch is acknowledged only after the file has taken it whole; batches never interleave.
 */
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

export class LogFile {
  readonly #handle: FileHandle;
  #tail: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(path: string): Promise<LogFile> {
    await mkdir(dirname(path), { recursive: true });
    return new LogFile(await open(path, 'a'));
  }

  append(text: string): Promise<void> {
    const written = this.#tail.then(() => this.#handle.appendFile(text));
    this.#tail = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#handle.close();
  }
}
