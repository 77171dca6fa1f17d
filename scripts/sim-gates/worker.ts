/** One thread of the simulation: repeats each scenario it is given and posts a tally. */
import { parentPort } from 'node:worker_threads';
import { simulateHold } from './hold.ts';
import type { Scenario } from './scenarios.ts';
import { count, emptyTally } from './tally.ts';

export interface Job {
  readonly scenario: Scenario;
  readonly seed: string;
  /** Repetitions `first`, `first + step`, … below `reps`. */
  readonly first: number;
  readonly step: number;
  readonly reps: number;
}

/** Mann-Whitney is asked in one of so many repetitions. */
const KAYENTA_EVERY = 5;

parentPort?.on('message', ({ scenario, seed, first, step, reps }: Job) => {
  const tally = emptyTally();
  for (let rep = first; rep < reps; rep += step) {
    // `first` is below `step`, so each thread gets its share of the repetitions that ask Mann-Whitney.
    const asksKayenta = Math.floor(rep / step) % KAYENTA_EVERY === 0;
    count(tally, simulateHold(scenario, `${seed}/${scenario.name}/${rep}`, asksKayenta));
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(tally);
});
