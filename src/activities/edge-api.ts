/** The verbs of the edge, as the workflow sees them. */
import type { Color } from '../domain/color.ts';
import type { EdgeConfigPatch, WriteMode } from '../domain/edge-config.ts';
import type { JobCounts } from '../domain/jobs.ts';
import type { Targets } from '../domain/targets.ts';

export interface EdgeState {
  readonly generation: number;
  /** Read back, from the vendor whose own weight moves users if there is one. */
  readonly weightPercent: number;
  /** By the store's clock. */
  readonly freezeUntilMs: number | null;
  readonly producer: Color;
  readonly writes: Readonly<Record<Color, WriteMode>>;
  /** Who wrote it: `<switch id>/<step>` if it was us. */
  readonly writer: string;
}

export interface SeenByRegions {
  /** True when every region serves exactly what was written. */
  readonly seen: boolean;
  readonly detail: string;
  /** Regions that are not known to serve it: behind, or not to be reached. */
  readonly behind: readonly string[];
  /** Regions that serve what somebody else wrote: a generation above ours, or another weight or writer. */
  readonly foreign: readonly string[];
}

export interface EdgeActivities {
  /**
   * One compare-and-set from exactly `expected`, read back, then a vendor's own weight where one moves users, then observed until
   * every region and that vendor report it. A retry that finds its own write stores nothing, but does all the rest.
   * @throws ApplicationFailure `EdgeConflict`: another writer was first or took over; `LeaseExpired`: under `leaseLeftMs` of it is left.
   */
  writeEdge(input: {
    targets: Targets;
    step: string;
    /** Generation the change was computed from; 0 when none was ever written. */
    expected: number;
    /** Largest generation known to have been stored, if the store may have lost it: no number up to it is given again. */
    newest?: number;
    patch: EdgeConfigPatch;
    /** This write is to set a vendor's own weight; absent: the weight stands as it is. */
    movesUsers?: boolean;
    /** Whose weight at the vendor a person agreed to write over; absent: nobody else's. */
    over?: string;
    /**
     * Freezes for this long from when every region has seen it. The store dates the lease by its own clock and makes it longer by
     * twice the edge's propagation: once for the freeze to get everywhere, once for the flip that ends it.
     */
    freezeForMs?: number;
    /** Least freeze that must be left, by the store's clock and beyond the time that a write needs to get everywhere. */
    leaseLeftMs?: number;
    /** Longest wait for every region to report the new generation. */
    seenWithinMs: number;
  }): Promise<EdgeState & SeenByRegions>;
  /** What the store holds now; null when nothing was ever written. */
  readEdge(input: {
    targets: Targets;
    /** Generation known to have been stored; an older answer is stale and asked for again. */
    atLeast?: number;
    /** Ask both colors too whether scheduled work runs where the config has it. */
    schedules?: boolean;
  }): Promise<(EdgeState & { readonly schedules?: string | null }) | null>;
  /** What must be empty of `color`, at one moment: the edge, null when nothing stands there, and its queue, null when the plan has none. */
  lookBeforeRetire(input: {
    targets: Targets;
    color: Color;
  }): Promise<{ edge: EdgeState | null; jobs: JobCounts | null }>;
  /** Done when every region's router reports exactly what was written, or when somebody else's write stands. */
  awaitGeneration(input: {
    targets: Targets;
    generation: number;
    weightPercent: number;
    withinMs: number;
    /** Writes the way back once more where the store has lost it meanwhile. */
    again?: { step: string; patch: EdgeConfigPatch };
  }): Promise<SeenByRegions>;
  /**
   * Sends everybody back to `from` in one write (after a vendor's own weight, if any), over whatever stands there, except a later switch of the service.
   * @throws ApplicationFailure `Overtaken`, final, when a later switch has written: what this one had is no longer there to undo.
   */
  restoreTraffic(input: {
    targets: Targets;
    step: string;
    patch: EdgeConfigPatch;
    /** Go on even when `from` is sick. */
    force: boolean;
    /** As of `writeEdge`. */
    newest?: number;
  }): Promise<{
    restored: boolean;
    fromHealth: string;
    generation: number;
    weightPercent: number;
    /** Why the write, which stands in the store, could not be read back on its way to the routers; null when it was. */
    unconfirmed: string | null;
  }>;
}
