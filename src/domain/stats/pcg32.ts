/**
 * Seeded PCG32 (XSH-RR 64/32) random numbers in plain 32-bit arithmetic.
 * Invariant: same seed, same sequence, on every engine; a verdict can be replayed bit for bit from its record.
 * Not for secrets.
 */

/** A deterministic source of random 32-bit integers. */
export interface Pcg32 {
  /** Next integer in [0, 2^32). */
  nextUint32(): number;
  /** Unbiased integer in [0, bound), 1 <= bound <= 2^32. Throws RangeError on another bound. */
  nextInt(bound: number): number;
  /** Number in [0, 1) with 32 random bits. */
  nextFloat(): number;
}

const MULTIPLIER = 6364136223846793005n;
const MASK = 0xffff_ffff_ffff_ffffn;
const MUL_HIGH = Number(MULTIPLIER >> 32n);
const MUL_LOW = Number(MULTIPLIER & 0xffff_ffffn);

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(other / 65536)) >>> 0;
}

/**
 * A PCG32 generator.
 * @param seed initial state; any bigint, taken modulo 2^64, or a text such as a record id (FNV-1a 64 of its UTF-16 units)
 * @param stream which of the 2^63 sequences, default 54n (the one of the PCG demo)
 * Source: O'Neill (2014), PCG, `pcg32_srandom_r` / `pcg32_random_r` / `pcg32_boundedrand_r`.
 */
export function createPcg32(seed: bigint | string, stream = 54n): Pcg32 {
  const increment = ((stream << 1n) | 1n) & MASK;
  const start = typeof seed === 'string' ? hashText(seed) : seed & MASK;
  const state = ((start + increment) * MULTIPLIER + increment) & MASK;
  const incHigh = Number(increment >> 32n);
  const incLow = Number(increment & 0xffff_ffffn);
  let high = Number(state >> 32n);
  let low = Number(state & 0xffff_ffffn);

  function nextUint32(): number {
    // xorshifted = ((state >> 18) ^ state) >> 27, kept to 32 bits; rotation = state >> 59.
    const shiftedLow = ((low >>> 18) | (high << 14)) ^ low;
    const shiftedHigh = (high >>> 18) ^ high;
    const word = (shiftedLow >>> 27) | (shiftedHigh << 5);
    const rotation = high >>> 27;
    const nextLow = (Math.imul(low, MUL_LOW) >>> 0) + incLow;
    const carry = nextLow > 0xffff_ffff ? 1 : 0;
    const cross = Math.imul(high, MUL_LOW) + Math.imul(low, MUL_HIGH);
    high = (multiplyHigh(low, MUL_LOW) + cross + incHigh + carry) >>> 0;
    low = nextLow >>> 0;
    return ((word >>> rotation) | (word << (-rotation & 31))) >>> 0;
  }

  function nextInt(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x1_0000_0000) {
      throw new RangeError(`bound must be an integer in [1, 2^32], got ${bound}`);
    }
    // Values below 2^32 mod bound would make the small remainders more likely.
    const threshold = 0x1_0000_0000 % bound;
    for (;;) {
      const value = nextUint32();
      if (value >= threshold) return value % bound;
    }
  }

  return { nextUint32, nextInt, nextFloat: () => nextUint32() / 0x1_0000_0000 };
}

/** FNV-1a 64 over UTF-16 code units (two bytes each, low first). Only a seed: no claim of uniform buckets. */
function hashText(text: string): bigint {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    for (const byte of [unit & 0xff, unit >>> 8]) {
      hash = ((hash ^ BigInt(byte)) * 0x100_0000_01b3n) & MASK;
    }
  }
  return hash;
}
