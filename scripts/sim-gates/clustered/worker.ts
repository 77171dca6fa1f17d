/** One thread: simulates the holds of a cell that it is given and posts their counts. */
import { parentPort } from 'node:worker_threads';
import { countOf, seedOf, type Cell } from './cell.ts';
import { simulateCacheHold } from './cache.ts';
import { simulateCountedHold } from './counted.ts';
import { simulateHold } from './hold.ts';
import { simulateNoveltyHold } from './novelty.ts';

export interface Job {
  readonly cell: Cell;
  readonly seed: string;
  /** Holds `first`, `first + step`, … below `end`. */
  readonly first: number;
  readonly step: number;
  readonly end: number;
}

/** Its pairwise differences cost more than a hold: it is asked of the first holds of a cell. */
const ASKED_OF_KAYENTA = 200;

const SIMULATORS = {
  error: simulateHold,
  latency: simulateHold,
  cache: simulateCacheHold,
  novelty: simulateNoveltyHold,
} as const;

parentPort?.on('message', ({ cell, seed, first, step, end }: Job) => {
  const outcomes = [];
  const simulate = cell.family.counted === true ? simulateCountedHold : SIMULATORS[cell.family.gate];
  for (let hold = first; hold < end; hold += step)
    outcomes.push(
      simulate(cell.family, cell.volume, seedOf(cell, seed, hold), { asksKayenta: hold < ASKED_OF_KAYENTA }),
    );
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(countOf(outcomes));
});
