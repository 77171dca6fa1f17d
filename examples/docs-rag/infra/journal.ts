/**
 * An append-only NDJSON file with group commit.
 *
 * Invariant: `append` resolves only after its record is on disk (fdatasync), so a kill loses nothing that
 * was acknowledged. Records that arrive while a sync runs share the next one.
 */
import { open, readFile, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

interface Batch {
  lines: string[];
  readonly done: Promise<void>;
  settle: (error?: unknown) => void;
}

function newBatch(): Batch {
  let settle: Batch['settle'] = () => {};
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  return { lines: [], done, settle };
}

export class Journal {
  readonly #file: FileHandle;
  #next = newBatch();
  #running: Promise<void> | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens `path` and replays what is in it; a torn last line (a kill in mid-write) is cut off. */
  static async open(path: string, replay: (record: unknown) => void): Promise<Journal> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    for (const line of whole.split('\n')) if (line !== '') replay(JSON.parse(line));
    return new Journal(await open(path, 'a'));
  }

  append(record: unknown): Promise<void> {
    this.#next.lines.push(JSON.stringify(record));
    return this.settled();
  }

  /** Resolves when all that was appended before is on disk; what a duplicate has to wait for. */
  settled(): Promise<void> {
    const { done } = this.#next;
    if (this.#running === null) this.#running = this.#run();
    return done;
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#file.close();
  }

  async #run(): Promise<void> {
    // Lets every request that is already in this turn of the loop join the first batch.
    await new Promise(setImmediate);
    while (true) {
      const batch = this.#next;
      this.#next = newBatch();
      try {
        if (batch.lines.length > 0) {
          await this.#file.appendFile(`${batch.lines.join('\n')}\n`);
          await this.#file.datasync();
        }
        batch.settle();
      } catch (error) {
        batch.settle(error);
      }
      if (this.#next.lines.length === 0) break;
    }
    // Anybody who asked meanwhile without a record waits for nothing more.
    this.#next.settle();
    this.#next = newBatch();
    this.#running = null;
  }
}
