/** Work that must grow with the size of what is read, and not with its square. */
import assert from 'node:assert/strict';

const TIMES_AS_LARGE = 16;

/**
 * Runs `work` on what `made` makes of `size` and of sixteen times that. Linear work takes sixteen times as long, which a busy machine may double; quadratic work 256 times.
 * CPU time, the least of three: what others do at the same time counts little.
 */
export function assertLinear<T>(size: number, made: (size: number) => T, work: (input: T) => void): void {
  const [small, large] = [made(size), made(size * TIMES_AS_LARGE)];
  work(small);
  const ratio =
    cpuMicros(() => work(large)) /
    Math.max(
      1000,
      cpuMicros(() => work(small)),
    );
  assert.ok(
    ratio < TIMES_AS_LARGE * 4,
    `${ratio.toFixed(1)} times as long for ${TIMES_AS_LARGE} times as much`,
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
