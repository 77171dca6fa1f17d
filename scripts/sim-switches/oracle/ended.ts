/** Everything the oracle knows of a switch that has ended: what the world saw, and what the engine said. */
import type { Color } from '../../../src/domain/color.ts';
import type { SwitchEvent } from '../../../src/domain/event.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { Outcome, SwitchState } from '../../../src/domain/state.ts';
import type { PlanChoice } from '../scenario.ts';
import type { Entry, Fact } from '../world/ledger.ts';
import type { Service } from '../world/service.ts';

export interface Past {
  readonly length: number;
  readonly taskFailures: readonly string[];
  /** Errors of activities that only a mistake in code throws. */
  readonly bugs: readonly string[];
  /** Bytes. */
  readonly largestPayload: number;
  /** Types of the newest events, the newest last, with why a task failed or timed out. */
  readonly newest: readonly string[];
}

export interface Ended {
  readonly service: Service;
  readonly nth: number;
  readonly runId: string;
  readonly from: Color;
  readonly to: Color;
  readonly choice: PlanChoice;
  readonly plan: Plan | null;
  readonly state: SwitchState | null;
  readonly events: readonly SwitchEvent[];
  /** Null when the workflow failed or never ended. */
  readonly outcome: Outcome | null;
  readonly failure: string | null;
  readonly history: Past;
  readonly queryFailures: readonly string[];
  /** What the last person in the building had to do to end it. */
  readonly resort: 'none' | 'rollback' | 'override' | 'stuck';
}

/** An invariant: says what is wrong, one sentence each; nothing when all is well. */
export type Invariant = (ended: Ended) => Iterable<string>;

/** What happened in this switch, of one kind. */
export function facts<K extends Fact['kind']>(
  { service, nth }: Ended,
  kind: K,
): Extract<Entry, { kind: K }>[] {
  return service.ledger.of(kind).filter((one) => one.nth === nth);
}

export function eventsOf<T extends SwitchEvent['type']>(
  { events }: Pick<Ended, 'events'>,
  type: T,
): Extract<SwitchEvent, { type: T }>[] {
  return events.filter((one): one is Extract<SwitchEvent, { type: T }> => one.type === type);
}

export function sum(items: readonly number[]): number {
  return items.reduce((total, one) => total + one, 0);
}
