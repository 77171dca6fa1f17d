/**
 * Standard normal distribution: cdf, tails and quantiles to full double precision.
 * Invariant: tails keep relative precision down to underflow; no table of fitted coefficients to mistrust.
 */
import { checkOpenProbability } from './checks.ts';
import { HALF_LOG_TWO_PI } from './gamma.ts';

/** Standard normal density at z. */
function normalPdf(z: number): number {
  return Math.exp(-0.5 * z * z - HALF_LOG_TWO_PI);
}

/** P(0 < Z < z) / pdf(z) as a series; used for |z| < 2. Source: Abramowitz & Stegun 26.2.11. */
function centralSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; k < 200; k += 2) {
    term *= (z * z) / k;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** Mills ratio P(Z > z) / pdf(z) for z >= 2. Source: Laplace continued fraction, A&S 26.2.14. */
function millsRatio(z: number): number {
  let f = 0;
  for (let k = 120; k >= 1; k -= 1) f = k / (z + f);
  return 1 / (z + f);
}

/**
 * Upper tail P(Z > z) of the standard normal.
 * @param z any number; +-Infinity gives 0 and 1
 * @throws RangeError if z is NaN
 * Source: A&S 26.2.11 for |z| < 2, 26.2.14 beyond.
 */
export function normalUpperTail(z: number): number {
  if (Number.isNaN(z)) throw new RangeError('z must be a number, got NaN');
  if (Math.abs(z) < 2) return 0.5 - normalPdf(z) * centralSeries(z);
  if (z === Infinity) return 0;
  if (z === -Infinity) return 1;
  const tail = normalPdf(z) * millsRatio(Math.abs(z));
  return z > 0 ? tail : 1 - tail;
}

/** P(Z <= z); errors and source as {@link normalUpperTail}. */
export function normalCdf(z: number): number {
  return normalUpperTail(-z);
}

/** Solves pdf(z) * series(z) = c, the centre of the distribution, where z is nearly linear in c. */
function centralQuantile(c: number): number {
  let z = c / normalPdf(0);
  for (let i = 0; i < 20; i += 1) {
    const step = centralSeries(z) - c / normalPdf(z);
    z -= step;
    if (Math.abs(step) <= 1e-16 * Math.abs(z)) break;
  }
  return z;
}

/** Newton on ln P(Z > z) = ln q; log-concave, so it converges from any sane start. */
function tailQuantile(q: number): number {
  const logQ = Math.log(q);
  const t = Math.sqrt(-2 * logQ);
  let z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let i = 0; i < 20; i += 1) {
    const ratio = z < 2 ? normalUpperTail(z) / normalPdf(z) : millsRatio(z);
    const step = (Math.log(ratio) - 0.5 * z * z - HALF_LOG_TWO_PI - logQ) * ratio;
    z += step;
    if (Math.abs(step) <= 1e-15 * z) break;
  }
  return z;
}

/**
 * The z with P(Z > z) = alpha, exact for alpha far below 1e-16.
 * @param alpha upper tail probability in (0, 1)
 * @throws RangeError if alpha is not in (0, 1)
 * Source: A&S 26.2.23 as the start, Newton on the log tail (or on the central series for alpha near 1/2).
 */
export function normalUpperQuantile(alpha: number): number {
  checkOpenProbability('alpha', alpha);
  if (Math.abs(alpha - 0.5) < 0.2) return centralQuantile(0.5 - alpha);
  return alpha < 0.5 ? tailQuantile(alpha) : -tailQuantile(1 - alpha);
}

/** The z with P(Z <= z) = p; errors and source as {@link normalUpperQuantile}. */
export function normalQuantile(p: number): number {
  // `+ 0` keeps the median at 0 rather than at -0.
  return -normalUpperQuantile(p) + 0;
}
