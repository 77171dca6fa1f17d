/** What an engine counted in the second pass, as rows of numbers. Arm is `2 * place + side`: the part's place, and 1 for `to`. */

export type Rows = readonly (readonly number[])[];

/** Columns of the trials of each series. */
export const TRIALS = {
  errors: 'errors',
  final: 'timed_final',
  usable: 'timed_usable',
  lookups: 'lookups',
} as const;
/** Column of weighted misses. */
export const MISSES = 'misses';
/** Column of a kind of event. */
export const bit = (at: number): string => `bit_${at}`;

/** What was added up of some columns. */
export interface Added {
  readonly columns: readonly string[];
  /** Rows: arm, bin, a sum for each column. The others alike. */
  readonly byBin: Rows;
  readonly byTick: Rows;
  readonly byInstance: Rows;
  /** Rows: arm, a sum for each of `products` (`one*other`). */
  readonly products: readonly string[];
  readonly squares: { readonly tick: Rows; readonly block: Rows };
}

/** Bits of what a user did: by series, in the window and in its newest two looks. */
export const DID = { any: 0, final: 1, usable: 2, recentAny: 3, recentFinal: 4, recentUsable: 5 } as const;
/** Bits of a weighted lookup: it is there; it missed. */
export const LOOKED = { up: 0, missed: 1 } as const;

/** Rows: arm, bits, how many users; a user is in one row, or in one for each bit. */
export interface Users {
  /** As {@link DID} says. */
  readonly trials: Rows;
  /** As `Bits` says. */
  readonly events: Rows;
  /** As {@link LOOKED} says. */
  readonly lookups: Rows;
  /** Of `trials`: users all of whose lines in the part repeat a failure elsewhere. Rows: arm, in the window, in its newest two looks. */
  readonly repeating: Rows;
}

export interface Recents {
  /** Rows: arm, equal part, trials of errors, final, usable. */
  readonly trials: Rows;
  /** Rows: arm, equal part, bits, lines. */
  readonly events: Rows;
}

export interface Counted {
  readonly added: readonly Added[];
  readonly users: Users;
  readonly recents: Recents;
}

export function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}
