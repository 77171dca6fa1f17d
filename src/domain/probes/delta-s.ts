/**
 * ΔS: how far a question is from the text that was delivered for it, and the affine map onto
 * the 0.45/0.60 scale.
 *
 * Invariant: raw values are stored as they are, in [0, 2]; only `reportDeltaS` clamps.
 */
import type { Calibration } from '../look-input.ts';

/** Any vector of numbers; embedders give `Float32Array`. */
export type Vector = ArrayLike<number>;

/** A delivered window's vector with its weight. */
export interface WeightedVector {
  readonly vector: Vector;
  /** Word tokens of the window. */
  readonly tokens: number;
}

/**
 * 1 − cos(a, b), in [0, 2]. Divides by the norms although embedders normalise: vectors that went through
 * float16 are unit only to about 1e-4.
 * @throws RangeError on different lengths or a zero vector.
 */
export function cosineDistance(a: Vector, b: Vector): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} dimensions`);
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i += 1) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (aa === 0 || bb === 0) throw new RangeError('a zero vector has no direction');
  return 1 - dot / Math.sqrt(aa * bb);
}

/**
 * Token-weighted mean distance of a question to the windows delivered for it: Σ nᵢ·d(q,wᵢ) / Σ nᵢ.
 * The mean, because min and centroid hide a bad majority and one long concatenation is cut by the embedder.
 * @returns null when nothing was delivered: no data, not distance 1.
 */
export function meanDeltaS(question: Vector, windows: readonly WeightedVector[]): number | null {
  let sum = 0;
  let tokens = 0;
  for (const window of windows) {
    sum += window.tokens * cosineDistance(question, window.vector);
    tokens += window.tokens;
  }
  return tokens === 0 ? null : sum / tokens;
}

/** ΔS for a person's eyes: clamped to [0, 1]. */
export function reportDeltaS(raw: number): number {
  return Math.min(1, Math.max(0, raw));
}

/** The two anchors of the scale: .45 is half-way to random, .60 is as bad as random. */
export function calibrationAnchors(mPos: number, mNeg: number): { tPass: number; tBlock: number } {
  return { tPass: (mPos + mNeg) / 2, tBlock: mNeg };
}

/** ΔS* = .45 + .15·(ΔS − tPass)/(tBlock − tPass), clamped to [0, 1]. */
export function calibrateDeltaS(raw: number, scale: Pick<Calibration, 'tPass' | 'tBlock'>): number {
  const width = scale.tBlock - scale.tPass;
  if (!(width > 0)) throw new RangeError('a calibration needs tBlock > tPass');
  return reportDeltaS(0.45 + (0.15 * (raw - scale.tPass)) / width);
}

/** Lowest gap of medians and lowest AUC at which an embedder tells right from random. */
export const DISCRIMINATION = { gap: 0.08, auc: 0.7 } as const;

/** True when an embedder tells a question's own section from a random one well enough to gate on. */
export function isDiscriminating(calibration: Pick<Calibration, 'mPos' | 'mNeg' | 'auc'>): boolean {
  return calibration.mNeg - calibration.mPos >= DISCRIMINATION.gap && calibration.auc >= DISCRIMINATION.auc;
}

/** Probability that a random positive is nearer than a random negative, ties half (Mann-Whitney U / n·m). */
export function separationAuc(positives: readonly number[], negatives: readonly number[]): number {
  if (positives.length === 0 || negatives.length === 0) return Number.NaN;
  const all = [
    ...positives.map((value) => ({ value, positive: true })),
    ...negatives.map((value) => ({ value, positive: false })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let i = 0; i < all.length;) {
    let j = i;
    while (j < all.length && all[j]?.value === all[i]?.value) j += 1;
    const rank = (i + 1 + j) / 2;
    for (let t = i; t < j; t += 1) if (all[t]?.positive === true) rankSum += rank;
    i = j;
  }
  const n = positives.length;
  const above = rankSum - (n * (n + 1)) / 2;
  return 1 - above / (n * negatives.length);
}
