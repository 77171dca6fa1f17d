/** Steps of the user's own: an effect at one place of a switch, and its undo. */
import type { Color } from '../domain/color.ts';
import type { StepPlace } from '../domain/plan.ts';
import type { Closable, WriteContext } from './context.ts';

export interface StepInput {
  /** Of the step in the plan. */
  readonly name: string;
  readonly at: StepPlace;
  readonly switchId: string;
  readonly service: string;
  readonly from: Color;
  readonly to: Color;
  /**
   * Idempotency key of what is to be undone; null where something is to be done. A try of that key that comes later, from a worker that
   * stood still, must not be done any more.
   */
  readonly undoes: string | null;
}

export interface StepPort extends Closable {
  /**
   * Does what its options say. An undo is asked for also where its step was done half or not at all, and then has nothing to do.
   * @throws ProviderError `retry` is tried again within the step's time; `human` and `fatal` are put to a person.
   */
  perform(input: StepInput, context: WriteContext): Promise<{ readonly detail: string }>;
  /** One harmless look in preflight: why it could not be done, or null. Left out: nothing can be looked at. */
  check?(signal?: AbortSignal): Promise<string | null>;
}
