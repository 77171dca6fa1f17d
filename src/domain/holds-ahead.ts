/** The holds of a plan, in their order, as it has them before a switch begins. */
import { askedGates } from './asked-gates.ts';
import { dayLengths, inTicks, type ServerErrors } from './clusters/index.ts';
import { roundsOf } from './gate.ts';
import type { Plan } from './plan.ts';
import type { JudgedStage } from './stage.ts';

export interface PlannedHold {
  readonly stage: JudgedStage;
  /** As records name it, e.g. `ramp 25 %`. */
  readonly step: string;
  /** 0 of a single look that lasts as long as its probes. */
  readonly forMs: number;
  readonly looks: number;
  /** Users on `to`, percent. */
  readonly percent: number;
  /** Rounds of probes at each look: every question once to each color. */
  readonly rounds: number;
}

/** Without extensions, restarts and waits. */
export function holdsAhead(plan: Plan): PlannedHold[] {
  const { canary, ramp, audit, hold } = plan;
  const of = (
    stage: JudgedStage,
    step: string,
    { forMs, looks }: { readonly forMs: number; readonly looks: number },
    percent: number,
  ): PlannedHold => ({
    stage,
    step,
    forMs,
    looks,
    percent,
    rounds: Math.ceil(roundsOf(askedGates(plan, stage)) / looks),
  });
  return [
    of('shadow', 'shadow', { forMs: 0, looks: 1 }, 0),
    of('canary', `canary ${canary.weightPercent} %`, canary, canary.weightPercent),
    ...ramp.map((step) => of('ramp', `ramp ${step.weightPercent} %`, step, step.weightPercent)),
    of('audit', 'audit', audit, 100),
    of('hold', 'hold', hold, 100),
  ];
}

/** A stretch of `from`'s past that is read before a switch. */
export interface DayBefore {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly regions: readonly string[];
  readonly blockMs: number;
  readonly sameFailureMs: number;
  readonly serverErrors: ServerErrors;
}

/** One for each length of block that a hold of the plan, or an extension, is cut into: whoever reads the past reads it alike. */
export function daysBefore(plan: Plan, toMs: number): DayBefore[] {
  const { service, gates, onInconclusive } = plan;
  const { blockMs: wantedMs, sameFailureMs } = gates.clusters;
  const holds = [...holdsAhead(plan).map(({ forMs }) => forMs), onInconclusive.extensionMs];
  return dayLengths(holds, { hours: gates.history.hours, blockMs: wantedMs }).map(
    ({ blockMs, tickMs, rangeMs }) => ({
      service,
      fromMs: toMs - rangeMs,
      toMs,
      regions: [],
      blockMs,
      sameFailureMs: inTicks(sameFailureMs, tickMs),
      serverErrors: gates.serverErrors,
    }),
  );
}
