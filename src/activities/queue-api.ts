/** The verbs of the queues, as the workflow sees them. */
import type { Color } from '../domain/color.ts';
import type { WaitingJobs } from '../domain/jobs.ts';
import type { Targets } from '../domain/targets.ts';

export interface FenceWindow {
  /** False: `from` still held jobs when its time was over, or the target refused them. */
  readonly closed: boolean;
  /** Null without a queue. */
  readonly left: WaitingJobs | null;
  readonly moved: number;
  readonly lateWrites: number;
  /** Null when `from` could not be asked. */
  readonly lateBase: number | null;
  /** The target's words. */
  readonly refused: string | null;
}

export interface QueueActivities {
  /** Proves `color`'s queue empty for a quiet period, or says why not before the budget ends. */
  drainQueue(input: {
    targets: Targets;
    color: Color;
    quietMs: number;
    budgetMs: number;
  }): Promise<{ drained: boolean; detail: string; dead: number }>;
  /**
   * The fence window: moves stragglers and counts late writes. It stays open for `forMs`, and beyond that while `from` holds jobs,
   * until `budgetMs` are over or the target refuses.
   */
  guardFence(input: {
    targets: Targets;
    step: string;
    forMs: number;
    /** From its start, ms; at least `forMs`. */
    budgetMs: number;
    /** `from`'s counter of late writes that an earlier window began with. */
    lateBase: number | null;
  }): Promise<FenceWindow>;
  /**
   * Moves every job of `from`'s queue, however many, and those that become visible later, until the queue has been empty for
   * `quietMs` or `budgetMs` are over since the bulk was moved. A target that refuses is tried again as often as costs no job.
   */
  moveJobs(input: {
    targets: Targets;
    step: string;
    from: Color;
    to: Color;
    quietMs: number;
    budgetMs: number;
  }): Promise<{ moved: number; left: WaitingJobs; refused: string | null }>;
}
