/**
 * What activities reach the world through. Ports are opened one by one, when first needed: a rollback needs the edge and
 * nothing else, so a broken telemetry setting cannot stand in its way.
 */
import type { Color } from '../domain/color.ts';
import type { CustomResult } from '../domain/look-input.ts';
import {
  portRefs,
  type CustomGatePlan,
  type PortRefs,
  type ProbesPlan,
  type ProviderRef,
} from '../domain/plan.ts';
import type { PortName, Ports, StepPort, WriteContext } from '../ports/index.ts';
import type { PinnedEntry } from '../probes/pinned-entries.ts';
import type { Prober } from '../probes/prober.ts';
import type { Targets } from '../domain/targets.ts';

/** Ports that a plan names under their own name. */
export type PlannedPort = PortName & keyof PortRefs;

export type Planned<P extends PlannedPort> = PortRefs[P] extends readonly unknown[]
  ? readonly Ports[P][]
  : Ports[P] | Extract<PortRefs[P], null> | (undefined extends PortRefs[P] ? null : never);

/** A world's `port`, from how it opens one reference of the plan. */
export function plannedPorts(
  open: <P extends PlannedPort>(name: P, ref: ProviderRef, targets: Targets) => Ports[P] | Promise<Ports[P]>,
): World['port'] {
  return async <P extends PlannedPort>(name: P, targets: Targets) => {
    const named: ProviderRef | readonly ProviderRef[] | null = portRefs(targets.providers)[name] ?? null;
    if (named === null) return null as Planned<P>;
    const one = async (ref: ProviderRef): Promise<Ports[P]> => open(name, ref, targets);
    return (await (isList(named) ? Promise.all(named.map(one)) : one(named))) as Planned<P>;
  };
}

function isList(named: ProviderRef | readonly ProviderRef[]): named is readonly ProviderRef[] {
  return Array.isArray(named);
}

export interface World {
  /** Epoch ms as the providers see it: the wall clock, or the skipped clock of a rehearsal. */
  now(): number;
  /** False in a rehearsal: time passes only between attempts, so an activity must not wait for it. */
  readonly realTime: boolean;
  /** What the plan names for a port: null where it names none, a list where it names any number. */
  port<P extends PlannedPort>(name: P, targets: Targets): Promise<Planned<P>>;
  prober(targets: Targets, probes: ProbesPlan): Promise<Prober>;
  custom(
    targets: Targets,
    gate: CustomGatePlan,
    window: { step: string; fromMs: number; toMs: number },
    context: WriteContext,
  ): Promise<CustomResult>;
  /** Whoever does a step of the user's own, or undoes it. */
  step(targets: Targets, action: ProviderRef): Promise<StepPort>;
  /** Sends one harmless pinned read through each entry; in words what is wrong there, null where the pin is followed. */
  pinned(targets: Targets, color: Color, signal: AbortSignal): Promise<readonly PinnedEntry[]>;
  /**
   * Replays one user request with a shadow pin; its error class, or null when it was answered.
   * @throws when the answer does not show that this color gave it.
   */
  replay(
    targets: Targets,
    color: Color,
    request: { method: string; key: string },
    signal: AbortSignal,
    dialects: ProbesPlan['dialects'],
  ): Promise<string | null>;
  /** Closes what was opened for a switch that has ended; absent where nothing is kept. */
  release?(targets: Targets): Promise<void>;
  /** Closes everything: the worker stops. */
  close?(): Promise<void>;
}
