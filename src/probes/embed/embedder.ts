/**
 * The judge's embedder: texts to unit vectors. Independent of the retriever under test on purpose: a store's
 * own score cannot judge that store.
 *
 * Invariant: every vector that leaves an embedder is finite, of the declared dimension and L2-normalised.
 */

/** Asymmetric models embed questions and passages differently. */
export type EmbedRole = 'query' | 'passage';

export interface Embedder {
  /** Provider, model, revision, dimensions and rounding: two embedders with one id give equal vectors. */
  readonly id: string;
  readonly dim: number;
  /** Tokens of the model's own tokeniser after which it truncates or errors. */
  readonly maxTokens: number;
  /** Longest window, in word tokens, that this model reads to its end. */
  readonly windowWords: number;
  /** One vector per text, in order. */
  embed(texts: readonly string[], role: EmbedRole, signal?: AbortSignal): Promise<Float32Array[]>;
  /** Frees threads and files; the embedder is unusable afterwards. */
  close(): Promise<void>;
}

/** The embedder is not reachable or answers nonsense: the judge is broken, not the judged. */
export class EmbedderError extends Error {
  override readonly name = 'EmbedderError';
  /** True when the same call may succeed later. */
  readonly retryable: boolean;

  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable;
  }
}

/**
 * Checks and L2-normalises a vector.
 * @throws EmbedderError when it is not finite, has another dimension, or is zero.
 */
export function unitVector(values: ArrayLike<number>, dim: number, id: string): Float32Array {
  if (values.length !== dim) {
    throw new EmbedderError(`${id}: expected ${dim} dimensions, got ${values.length}`, { retryable: false });
  }
  let squares = 0;
  for (let i = 0; i < dim; i += 1) squares += (values[i] ?? 0) ** 2;
  if (!Number.isFinite(squares) || squares === 0) {
    throw new EmbedderError(`${id}: a vector is zero or not finite`, { retryable: false });
  }
  const norm = Math.sqrt(squares);
  const out = new Float32Array(dim);
  for (let i = 0; i < dim; i += 1) out[i] = (values[i] ?? 0) / norm;
  return out;
}
