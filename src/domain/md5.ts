/**
 * MD5 over UTF-8, for what a SQL engine must be able to compute too: no other hash is in all of them. It guards nothing.
 * Source: RFC 1321.
 */
const encoder = new TextEncoder();
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

/** The first 32 of the 128 bits, unsigned: what the first eight hex digits say. */
export function md5First32(text: string): number {
  const words = paddedWords(encoder.encode(text));
  let [a, b, c, d] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let block = 0; block < words.length; block += 16) {
    const before: readonly [number, number, number, number] = [a, b, c, d];
    for (let i = 0; i < 64; i += 1) {
      const round = i >> 4;
      const mixed = (a + mix(round, b, c, d) + (SINES[i] ?? 0) + (words[block + wordOf(round, i)] ?? 0)) | 0;
      const shift = SHIFTS[round * 4 + (i & 3)] ?? 0;
      [a, d, c, b] = [d, c, b, (b + ((mixed << shift) | (mixed >>> (32 - shift)))) | 0];
    }
    [a, b, c, d] = [(a + before[0]) | 0, (b + before[1]) | 0, (c + before[2]) | 0, (d + before[3]) | 0];
  }
  // The digest is written with the lowest byte first.
  return ((a << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24)) >>> 0;
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (d & b) | (~d & c);
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d);
}

function wordOf(round: number, i: number): number {
  if (round === 0) return i;
  if (round === 1) return (5 * i + 1) & 15;
  return (round === 2 ? 3 * i + 5 : 7 * i) & 15;
}

function paddedWords(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(((bytes.length + 8) >> 6) * 16 + 16);
  for (const [i, byte] of bytes.entries()) words[i >> 2] = (words[i >> 2] ?? 0) | (byte << (8 * (i & 3)));
  words[bytes.length >> 2] = (words[bytes.length >> 2] ?? 0) | (0x80 << (8 * (bytes.length & 3)));
  words[words.length - 2] = bytes.length * 8;
  return words;
}
