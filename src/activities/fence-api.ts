/** The verbs of the fence before tables, as the workflow sees them. */
import type { Targets } from '../domain/targets.ts';

export interface FenceCall {
  readonly targets: Targets;
  readonly step: string;
  /** Higher for each attempt and each later switch. */
  readonly turn: number;
}

export interface FenceActivities {
  /** Stops writes to the tables of the plan's fence, and answers when nothing older can still write. A turn that was thawed freezes no more. */
  freezeTables(input: FenceCall): Promise<{ covers: string }>;
  /** Gives back what `freezeTables` of this turn or an earlier one took; nothing where that never was. */
  thawTables(input: FenceCall): Promise<{ covers: string }>;
}
