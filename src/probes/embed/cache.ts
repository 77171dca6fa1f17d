/**
 * Keeps vectors: an LRU in memory over an optional float16 file. Probe texts repeat every round, so after the
 * first round only new snippets cost anything; and the demo's file is shipped, so there nothing does.
 *
 * Invariant: a cached vector equals the live one bit for bit. A file is therefore only allowed for embedders
 * that round to float16 themselves (`id` ends in `/f16`).
 */
import { createHash } from 'node:crypto';
import type { Embedder, EmbedRole } from './embedder.ts';
import type { VectorFile } from './vector-file.ts';

export interface CacheOptions {
  /** Vectors kept in memory; default 20 000 (about 40 MB at 512 dimensions). */
  readonly maxEntries?: number;
  /** Opened with `openVectorFile`. */
  readonly file?: VectorFile;
}

export interface CachedEmbedder extends Embedder {
  readonly hits: number;
  readonly misses: number;
}

/** 128 bits of sha256(id ‖ role ‖ text), hex. */
export function vectorKey(id: string, role: EmbedRole, text: string): string {
  return createHash('sha256').update(`${id}\0${role}\0${text}`).digest('hex').slice(0, 32);
}

class Cached implements CachedEmbedder {
  readonly id: string;
  readonly dim: number;
  readonly maxTokens: number;
  readonly windowWords: number;
  hits = 0;
  misses = 0;
  readonly #inner: Embedder;
  readonly #file: VectorFile | undefined;
  readonly #max: number;
  readonly #memory = new Map<string, Float32Array>();

  constructor(inner: Embedder, options: CacheOptions) {
    if (options.file !== undefined && !inner.id.endsWith('/f16')) {
      throw new TypeError(`${inner.id} does not round to float16: its vectors cannot be kept in a file`);
    }
    this.id = inner.id;
    this.dim = inner.dim;
    this.maxTokens = inner.maxTokens;
    this.windowWords = inner.windowWords;
    this.#inner = inner;
    this.#file = options.file;
    this.#max = options.maxEntries ?? 20_000;
  }

  async embed(texts: readonly string[], role: EmbedRole, signal?: AbortSignal): Promise<Float32Array[]> {
    const keys = texts.map((text) => vectorKey(this.id, role, text));
    const found = new Map<string, Float32Array>();
    const missing = new Map<string, string>();
    keys.forEach((key, i) => {
      const vector = this.#lookup(key);
      if (vector === undefined) missing.set(key, texts[i] ?? '');
      else found.set(key, vector);
    });
    this.hits += texts.length - missing.size;
    this.misses += missing.size;
    if (missing.size > 0) {
      const vectors = await this.#inner.embed([...missing.values()], role, signal);
      [...missing.keys()].forEach((key, i) => {
        const vector = vectors[i];
        if (vector === undefined)
          throw new Error(`${this.id} returned ${vectors.length} of ${missing.size} vectors`);
        found.set(key, vector);
        this.#remember(key, vector);
        this.#file?.append(key, vector);
      });
    }
    return keys.map((key) => {
      const vector = found.get(key);
      if (vector === undefined) throw new Error('unreachable: every key was found or embedded');
      return vector;
    });
  }

  async close(): Promise<void> {
    this.#file?.close();
    await this.#inner.close();
  }

  #lookup(key: string): Float32Array | undefined {
    const vector = this.#memory.get(key) ?? this.#file?.get(key);
    if (vector !== undefined) this.#remember(key, vector);
    return vector;
  }

  #remember(key: string, vector: Float32Array): void {
    this.#memory.delete(key);
    this.#memory.set(key, vector);
    if (this.#memory.size <= this.#max) return;
    const oldest = this.#memory.keys().next();
    if (oldest.done !== true) this.#memory.delete(oldest.value);
  }
}

/** Puts a cache before an embedder; closing it closes the embedder and the file. */
export function withCache(inner: Embedder, options: CacheOptions = {}): CachedEmbedder {
  return new Cached(inner, options);
}
