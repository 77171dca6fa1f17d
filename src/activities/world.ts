/**
 * What activities reach the world through. Ports are opened one by one, when first needed: a rollback needs the edge and
 * nothing else, so a broken telemetry setting cannot stand in its way.
 */
import type { Color } from '../domain/color.ts';
import type { Calibration, CustomResult } from '../domain/look-input.ts';
import type { CustomGatePlan, ProbesPlan } from '../domain/plan.ts';
import type { Probe, ProbeCell, ProbeRun } from '../domain/probe.ts';
import type {
  CachePort,
  ColorPort,
  EdgePort,
  EvidencePort,
  NotifyPort,
  QueuePort,
  TelemetryPort,
  WarmupPort,
  WriteContext,
} from '../providers/ports.ts';
import type { Targets } from './api.ts';

export interface World {
  /** Epoch ms as the providers see it: the wall clock, or the skipped clock of a rehearsal. */
  now(): number;
  /** False in a rehearsal: time passes only between attempts, so an activity must not wait for it. */
  readonly realTime: boolean;
  edge(targets: Targets): Promise<EdgePort>;
  color(targets: Targets): Promise<ColorPort>;
  queue(targets: Targets): Promise<QueuePort | null>;
  cache(targets: Targets): Promise<CachePort | null>;
  warmup(targets: Targets): Promise<WarmupPort | null>;
  telemetry(targets: Targets): Promise<TelemetryPort>;
  notifiers(targets: Targets): Promise<readonly NotifyPort[]>;
  evidence(targets: Targets): Promise<EvidencePort>;
  prober(targets: Targets, probes: ProbesPlan): Promise<Prober>;
  custom(
    targets: Targets,
    gate: CustomGatePlan,
    window: { step: string; fromMs: number; toMs: number },
    context: WriteContext,
  ): Promise<CustomResult>;
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
  ): Promise<string | null>;
  /** Closes what was opened for a switch that has ended; absent where nothing is kept. */
  release?(targets: Targets): Promise<void>;
}

export interface PinnedEntry {
  readonly region: string;
  readonly fault: string | null;
}

/** Sends probes and scores the answers. */
export interface Prober {
  readonly setDigest: string;
  readonly corpusHash: string;
  readonly embedderId: string;
  readonly calibration: Calibration | null;
  readonly probes: readonly Probe[];
  /** Lets go of its model; nothing is asked of it afterwards. */
  close?(): Promise<void>;
  /** Cells of one Latin-square round. */
  round(index: number): readonly ProbeCell[];
  run(
    cells: readonly ProbeCell[],
    options: {
      colors: readonly Color[];
      round: number;
      signal: AbortSignal;
      onProgress: (done: number) => void;
    },
  ): Promise<readonly ProbeRun[]>;
}
