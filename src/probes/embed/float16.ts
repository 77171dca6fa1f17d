/**
 * IEEE 754 half precision, because Node 20 has no `Float16Array`. Vectors are rounded through it before use,
 * so that one read from a float16 cache is equal, bit for bit, to one computed live.
 *
 * Invariant: `fromHalf(toHalf(x))` is idempotent; rounding is to nearest, ties to even.
 */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** The half nearest to `value`, as its 16 bits. Out of range is infinity; NaN stays NaN. */
export function toHalf(value: number): number {
  f32[0] = value;
  const bits = u32[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  const e = exponent - 112;
  if (e >= 31) return sign | 0x7c00;
  if (e <= 0) {
    // Subnormal half: shift the full significand; below half of the smallest one it is zero.
    if (e < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - e);
  }
  // A carry out of the mantissa correctly raises the exponent, up to infinity.
  return sign | ((e << 10) + roundShift(mantissa, 13));
}

function roundShift(value: number, shift: number): number {
  const down = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (down & 1) === 1) ? down + 1 : down;
}

/** The number that 16 half-precision bits stand for. */
export function fromHalf(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Rounds every component to half precision. */
export function roundToHalf(vector: Float32Array): Float32Array {
  return vector.map((value) => fromHalf(toHalf(value)));
}

/** A vector as little-endian half-precision bytes. */
export function encodeHalf(vector: ArrayLike<number>): Buffer {
  const out = Buffer.alloc(vector.length * 2);
  for (let i = 0; i < vector.length; i += 1) out.writeUInt16LE(toHalf(vector[i] ?? 0), i * 2);
  return out;
}

/** The `dim` halves at byte `offset`. */
export function decodeHalf(bytes: Buffer, offset: number, dim: number): Float32Array {
  const out = new Float32Array(dim);
  for (let i = 0; i < dim; i += 1) out[i] = fromHalf(bytes.readUInt16LE(offset + i * 2));
  return out;
}
