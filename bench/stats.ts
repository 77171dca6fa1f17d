/**
 * Cost of a p95 MOVER verdict over 2e5 events per arm, as a ratio to plainly sorting the same two arms.
 * Budget: <= 50 ms per verdict; exits 1 beyond it. Run: node --import tsx bench/stats.ts
 */
import {
  createPcg32,
  normalQuantile,
  quantileRatioInterval,
  quantileRatioLogE,
} from '../src/domain/stats/index.ts';

const EVENTS = 200_000;
const ROUNDS = 15;
const BUDGET_MS = 50;

const rng = createPcg32('bench');
const arm = (): Float64Array =>
  Float64Array.from({ length: EVENTS }, () =>
    Math.exp(5 + 0.8 * normalQuantile((rng.nextUint32() + 0.5) / 2 ** 32)),
  );
const green = arm();
const blue = arm();

/** Median wall time in milliseconds. */
function time(work: () => unknown): number {
  work();
  const taken = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  taken.sort((a, b) => a - b);
  return taken[ROUNDS >> 1] ?? NaN;
}

const plain = time(() => [green, blue].map((values) => Array.from(values).sort((a, b) => a - b)));
const typed = time(() => [green, blue].map((values) => values.slice().sort()));
const verdict = time(() => quantileRatioInterval(green, blue, { alpha: 0.01 / 24 }));
const openEnded = time(() => quantileRatioLogE(green, blue));

const row = (name: string, ms: number): string =>
  `${name.padEnd(34)} ${ms.toFixed(1).padStart(7)} ms  ${(ms / plain).toFixed(3)} of plain sort`;
console.log(`2 arms x ${EVENTS} events, median of ${ROUNDS}`);
console.log(row('plain sort (comparator)', plain));
console.log(row('typed array sort', typed));
console.log(row('p95 MOVER verdict', verdict));
console.log(row('open-ended e-process', openEnded));
if (verdict > BUDGET_MS) {
  console.error(`p95 verdict exceeds its budget of ${BUDGET_MS} ms`);
  process.exitCode = 1;
}
