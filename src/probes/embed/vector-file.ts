/**
 * Vectors on disk: `<base>.f16` (rows of little-endian float16) and `<base>.json` (embedder id, dimension, the
 * key of each row).
 *
 * Invariant: rows are written before the index names them, and the index is replaced by rename: a writer that
 * dies leaves a shorter cache, never a wrong one. One writer at a time; readers any number.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { z } from 'zod';
import { UserError } from '../../domain/errors.ts';
import { decodeHalf, encodeHalf } from './float16.ts';

const indexSchema = z.object({
  schema: z.literal(1),
  embedder: z.string().max(200),
  dim: z.number().int().min(1).max(8192),
  keys: z.array(z.string().regex(/^[0-9a-f]{32}$/u)).max(1_000_000),
});

export interface VectorFile {
  readonly size: number;
  has(key: string): boolean;
  get(key: string): Float32Array | undefined;
  /** No effect on a file opened for reading. */
  append(key: string, vector: Float32Array): void;
  /** Writes the index. */
  flush(): void;
  close(): void;
}

export interface VectorFileOptions {
  /** Path without extension. */
  readonly base: string;
  readonly embedder: string;
  readonly dim: number;
  /** `read` (default): what is missing is computed and not kept. `append`: kept, and the file is made if absent. */
  readonly mode?: 'read' | 'append';
}

/** Rows appended between two writes of the index. */
const FLUSH_EVERY = 64;

function readRows(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UserError(`${path} cannot be read, though its index stands beside it`, {
      hint: 'bring it back, or remove the .json too: vectors are then computed anew',
      cause,
    });
  }
}

class File implements VectorFile {
  readonly #options: VectorFileOptions;
  readonly #rows = new Map<string, number>();
  readonly #bytes: Buffer;
  readonly #added = new Map<string, Float32Array>();
  readonly #fd: number | null;
  #unflushed = 0;

  constructor(options: VectorFileOptions) {
    this.#options = options;
    const { base, embedder, dim } = options;
    const width = dim * 2;
    let bytes: Buffer = Buffer.alloc(0);
    let keys: readonly string[] = [];
    if (existsSync(`${base}.json`)) {
      const index = readIndex(`${base}.json`);
      // Another embedder's vectors are simply not ours: start empty rather than mix two spaces.
      if (index.embedder === embedder && index.dim === dim) {
        bytes = readRows(`${base}.f16`);
        keys = index.keys.slice(0, Math.floor(bytes.length / width));
      }
    }
    keys.forEach((key, row) => this.#rows.set(key, row));
    this.#bytes = bytes;
    this.#fd = options.mode === 'append' ? openSync(`${base}.f16`, 'a') : null;
    // Rows that no index names are leftovers of a writer that died.
    if (this.#fd !== null) truncateSync(`${base}.f16`, keys.length * width);
  }

  get size(): number {
    return this.#rows.size;
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  get(key: string): Float32Array | undefined {
    const added = this.#added.get(key);
    if (added !== undefined) return added;
    const row = this.#rows.get(key);
    return row === undefined
      ? undefined
      : decodeHalf(this.#bytes, row * this.#options.dim * 2, this.#options.dim);
  }

  append(key: string, vector: Float32Array): void {
    if (this.#fd === null || this.#rows.has(key)) return;
    writeSync(this.#fd, encodeHalf(vector));
    this.#rows.set(key, this.#rows.size);
    this.#added.set(key, vector);
    this.#unflushed += 1;
    if (this.#unflushed >= FLUSH_EVERY) this.flush();
  }

  flush(): void {
    if (this.#fd === null || this.#unflushed === 0) return;
    const { base, embedder, dim } = this.#options;
    const index = { schema: 1, embedder, dim, keys: [...this.#rows.keys()] };
    writeFileSync(`${base}.json.tmp`, `${JSON.stringify(index)}\n`);
    renameSync(`${base}.json.tmp`, `${base}.json`);
    this.#unflushed = 0;
  }

  close(): void {
    this.flush();
    if (this.#fd !== null) closeSync(this.#fd);
  }
}

function readIndex(path: string): z.infer<typeof indexSchema> {
  try {
    return indexSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new UserError(`${path} is not an index of embeddings`, {
      hint: 'Delete it; it is made again.',
      cause,
    });
  }
}

/**
 * Opens (and in mode `append` makes) a vector file. A file of another embedder reads as empty.
 * @throws UserError when the index cannot be read.
 */
export function openVectorFile(options: VectorFileOptions): VectorFile {
  return new File(options);
}
