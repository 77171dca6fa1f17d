/** Work that must grow with the size of what is read, and not with its square. */
import assert from 'node:assert/strict';

const TIMES_AS_LARGE = 16;
/** CPU time is counted in steps of some milliseconds: less than this may be nothing. */
const LEAST_MICROS = 10_000;

/**
 * Runs `work` on what `made` makes of `size`, sixteen times, and once on what it makes of sixteen times that. Linear work takes as long in
 * both, which a busy machine may double; quadratic work takes sixteen times as long. CPU time, the least of three: what others do counts little.
 */
export function assertLinear<T>(size: number, made: (size: number) => T, work: (input: T) => void): void {
  const [small, large] = [made(size), made(size * TIMES_AS_LARGE)];
  work(small);
  const inParts = cpuMicros(() => {
    for (let i = 0; i < TIMES_AS_LARGE; i += 1) work(small);
  });
  const ratio = cpuMicros(() => work(large)) / Math.max(LEAST_MICROS, inParts);
  assert.ok(
    ratio < TIMES_AS_LARGE / 3,
    `${ratio.toFixed(1)} times as long as the same in ${TIMES_AS_LARGE} parts`,
  );
}

function cpuMicros(work: () => void): number {
  const runs = Array.from({ length: 3 }, () => {
    const started = process.cpuUsage();
    work();
    return process.cpuUsage(started).user;
  });
  return Math.min(...runs);
}
