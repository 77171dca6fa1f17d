/**
 * Cost of judging one look of 2e5 events, all gates, as a ratio to plainly sorting the same latencies.
 * Budget: <= 50 ms; exits 1 beyond it, unless the sort beside it shows that the machine is busy. Run: node --import tsx bench/gates.ts
 */
import type { CountedLine } from '../src/domain/clusters/index.ts';
import type { Color } from '../src/domain/color.ts';
import { BUILT_IN_GATES } from '../src/domain/gate.ts';
import { judge } from '../src/domain/gates/judge.ts';
import { lookInput, probeWindow, slice, START_MS } from '../scripts/sim-gates/input.ts';
import { questionSet, roundOf, windowProbes } from '../scripts/sim-gates/questions.ts';
import { latencies, randomOf } from '../scripts/sim-gates/random.ts';

const EVENTS = 200_000;
const QUESTIONS = 117;
const ROUNDS_SENT = 12;
const ROUNDS = 25;
const BUDGET_MS = 50;
/** Share of the plain sort that the budget is on an idle machine; a busy one slows both alike. */
const BUDGET_RATIO = 0.5;

const random = randomOf('bench');
const arm = (): number[] => latencies(random, EVENTS / 2, 180, 0.8);
const [blue, green] = [arm(), arm()];
const set = questionSet(random, QUESTIONS);
const runs = Array.from({ length: ROUNDS_SENT }, (_, round) =>
  (['blue', 'green'] as const).flatMap((color) =>
    roundOf(random, set, color, round, { logSd: 0.4, slower: 1 }),
  ),
).flat();
const HOUR_MS = 3_600_000;
const linesOf = (color: Color, latenciesMs: readonly number[]): CountedLine[] =>
  latenciesMs.map((tfinalMs, i) => {
    const failed = i % 1111 === 0;
    return {
      atMs: START_MS + Math.floor(((i + 0.5) / latenciesMs.length) * HOUR_MS),
      color,
      region: `r${i % 4}`,
      route: `p${i % 6}`,
      user: `u${Math.imul(i, 0x9e37_79b1) >>> 18}`,
      instance: `i${i % 8}`,
      cold: false,
      ok: !failed,
      error: failed ? 'headers:http_5xx:503' : null,
      tfinalMs,
      tusableMs: null,
      cache: { node: 'n', key: `k${i % 500}`, hit: i % 5 > 0, ttlS: 3600 },
    };
  });
const parts = { requests: EVENTS / 2, errors: { 'headers:http_5xx:503': 90 } };
const input = lookInput({
  index: 12,
  planned: 12,
  windowMs: HOUR_MS,
  gates: BUILT_IN_GATES,
  slices: [slice('blue', parts), slice('green', parts)],
  lines: [...linesOf('blue', blue), ...linesOf('green', green)],
  probes: null,
  catalogue: { requests: 100_000, users: 20_000, classes: { 'headers:http_5xx:503': 400 } },
});

/** Median and least wall time in milliseconds; the least is what the machine can do when others leave it alone. */
function time(work: () => unknown): { median: number; least: number } {
  for (let i = 0; i < 3; i += 1) work();
  const taken = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return { median: taken[ROUNDS >> 1] ?? NaN, least: taken[0] ?? NaN };
}

const sort = time(() => [green, blue].map((values) => [...values].sort((a, b) => a - b)));
// A fresh window each time: nothing memoized may be reused between looks.
const verdict = time(() => judge({ ...input, probes: probeWindow([...runs], windowProbes(set)) }));

const row = (name: string, { median, least }: typeof sort): string =>
  `${name.padEnd(34)} median ${median.toFixed(1).padStart(6)} ms  least ${least.toFixed(1).padStart(6)} ms  ${(least / sort.least).toFixed(3)} of plain sort`;
console.log(
  `${EVENTS} user events, ${runs.length} probe runs, ${BUILT_IN_GATES.length} gates, ${ROUNDS} rounds`,
);
console.log(row('plain sort (comparator)', sort));
console.log(row('full verdict', verdict));
if (verdict.least > BUDGET_MS && verdict.least > BUDGET_RATIO * sort.least) {
  console.error(`a verdict exceeds its budget of ${BUDGET_MS} ms`);
  process.exitCode = 1;
}
