/**
 * Which cell of the grid is sent when, and who is whose negative control.
 *
 * Invariant: over any six consecutive rounds each question sends each of its six cells exactly once, and each
 * round sends every question once: load is even, and a full grid is complete every six rounds.
 */
import type { Color } from '../color.ts';
import type { ProbeCell } from '../probe.ts';

export const PARAPHRASES = 3;
const SEEDS = 2;
/** Cells of one question: rounds in a full grid. */
export const GRID_CELLS = PARAPHRASES * SEEDS;

/** A cell with the round it is sent in. */
export interface PlannedCell extends ProbeCell {
  /** 0-based. */
  readonly round: number;
}

export interface RoundPlan {
  readonly round: number;
  /** One cell per question, in sending order. */
  readonly cells: readonly PlannedCell[];
}

/** Splitmix32 over an FNV-1a of the seed text: small, seedable, the same on every runtime. */
export function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i += 1) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A new array in random order (Fisher-Yates). */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const a = out[i] as T;
    out[i] = out[j] as T;
    out[j] = a;
  }
  return out;
}

/**
 * Plans `rounds` rounds. A rotated Latin square: question number i sends cell (i + round) mod 6 of a
 * shuffled cell order, and the sending order is shuffled anew in every round.
 * @param seed any text or number; the same seed gives the same plan.
 * @param firstRound number of the first round; default 0. A later call goes on where an earlier one ended.
 */
export function planRounds(
  probeIds: readonly string[],
  rounds: number,
  seed: string | number,
  firstRound = 0,
): RoundPlan[] {
  if (new Set(probeIds).size !== probeIds.length) throw new RangeError('probe ids must be unique');
  const square = seededRandom(`${seed}/square`);
  const ranked = shuffled(probeIds, square);
  const order = shuffled([...Array(GRID_CELLS).keys()], square);
  return Array.from({ length: rounds }, (_, n) => {
    const round = firstRound + n;
    const cells = ranked.map((probeId, i): PlannedCell => {
      const cell = order[(i + round) % GRID_CELLS] ?? 0;
      return { probeId, paraphrase: cell % PARAPHRASES, seed: Math.floor(cell / PARAPHRASES) + 1, round };
    });
    return { round, cells: shuffled(cells, seededRandom(`${seed}/round/${round}`)) };
  });
}

/** The full grid at once (six rounds), as the shadow stage sends it. */
export function fullGrid(probeIds: readonly string[], seed: string | number): PlannedCell[] {
  return planRounds(probeIds, GRID_CELLS, seed).flatMap((plan) => plan.cells);
}

/** Sending order over both colors: ABBA, so that drift of the environment falls on both alike. */
export function interleave<T>(cells: readonly T[], colors: readonly Color[]): { cell: T; color: Color }[] {
  return cells.flatMap((cell, i) => {
    const order = i % 2 === 0 ? colors : colors.toReversed();
    return order.map((color) => ({ cell, color }));
  });
}

/** Distance in the question list from a question to its negative control. */
const CONTROL_SHIFT = 17;

/**
 * Index of the question whose delivered text is question `i`'s negative control.
 * @returns null with fewer than two questions; never `i` itself, also where the list length divides the shift.
 */
export function controlIndex(i: number, length: number): number | null {
  if (length < 2) return null;
  return (i + (CONTROL_SHIFT % length || 1)) % length;
}
