/** What `cutover doctor` looks at, and what it says of it. */
import type { OwnModules } from '../../plan/own-modules.ts';
import type { Plan } from '../../domain/plan.ts';

export interface Check {
  readonly name: string;
  /** `unknown`: could not be looked at, or is not needed; no fault. */
  readonly state: 'ok' | 'wrong' | 'unknown';
  readonly detail: string;
  /** What to do, when something is wrong or could be better. */
  readonly todo: string | null;
}

export interface Patient {
  readonly address: string | undefined;
  readonly namespace: string | undefined;
  readonly taskQueue: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Null: nothing is known about what a plan will need. */
  readonly plan: Plan | null;
  /** Modules of the user's own that the plan names. */
  readonly modules: OwnModules;
}
