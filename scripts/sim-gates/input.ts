/**
 * Builds the `LookInput` of one look from what the simulation has drawn so far.
 * Invariant: it holds what production gathers and nothing more; the plan's default settings are in force.
 */
import type { Color } from '../../src/domain/color.ts';
import type { AskedGate, BuiltInGate, GateSettings } from '../../src/domain/gate.ts';
import type {
  Calibration,
  ErrorCatalogue,
  LookInput,
  ProbeWindow,
  TrafficSlice,
} from '../../src/domain/look-input.ts';
import type { AnswerIdentity } from '../../src/domain/identity.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';

/** The plan's defaults (src/plan/defaults.ts). */
export const DEFAULT_SETTINGS: GateSettings = {
  deltaS: { pass: 0.45, block: 0.6, pairedRise: 0.05 },
  coverage: { mean: 0.7, share: 0.9, blockShare: 0.8, pairedDrop: 0.1, critical: 0.6 },
  lambda: { pass: 0.9, block: 0.8, rebuild: 0.02 },
  latencyRatio: 1.25,
  errorRatio: 1.2,
  errorFloor: 0.001,
  cache: { drop: 0.05, maxShare: 0.5 },
  clusters: { blockMs: 300_000, sameFailureMs: 60_000, minUsers: 3 },
  catastrophe: { share: 0.25, overFrom: 4, overP95: 5, level: 1e-5 },
  novelty: { dayMs: 86_400_000, apart: 2 },
  history: { hours: 24, early: 'auto', ignore: [] },
  egressSuccess: 0.99,
  queueAgeMs: 900_000,
  minSamples: 59,
  advisory: [],
  off: [],
};

/** A scale as measured with USE-lite on one technical corpus. */
export const CALIBRATION: Calibration = {
  embedderId: 'use-lite',
  corpusHash: 'corpus',
  goldHash: 'gold',
  k: 5,
  windowWords: 60,
  mPos: 0.392,
  mNeg: 0.53,
  auc: 0.78,
  tPass: 0.461,
  tBlock: 0.53,
};

export const IDENTITY: AnswerIdentity = {
  INDEX_HASH: 'sha256:a',
  metric: 'cosine',
  analyzer: 'english',
  embedModel: 'use-lite',
  reranker: 'none',
};

export interface LookParts {
  readonly index: number;
  readonly planned: number;
  readonly windowMs: number;
  readonly gates: readonly (BuiltInGate | AskedGate)[];
  readonly slices: readonly TrafficSlice[];
  readonly probes: ProbeWindow | null;
  readonly catalogue: ErrorCatalogue;
  readonly settings?: GateSettings;
}

export function lookInput(parts: LookParts): LookInput {
  const { index, planned, windowMs } = parts;
  const startMs = 1_700_000_000_000;
  return {
    schema: 2,
    switchId: 'sim',
    stage: 'ramp',
    step: 'sim',
    look: {
      index,
      planned,
      final: index >= planned,
      startedAtMs: startMs + windowMs,
      endedAtMs: startMs + windowMs,
      windowStartMs: startMs,
    },
    from: 'blue',
    to: 'green',
    gates: parts.gates.map((gate) => (typeof gate === 'string' ? { gate, role: 'prove' } : gate)),
    settings: parts.settings ?? DEFAULT_SETTINGS,
    expected: { blue: IDENTITY, green: IDENTITY },
    traffic: {
      fromMs: startMs,
      toMs: startMs + windowMs,
      freshestMs: startMs + windowMs - 1,
      slices: parts.slices,
      flipBacks: 0,
      sums: null,
      foreignCacheLookups: 0,
    },
    probes: parts.probes,
    baseline: null,
    catalogue: parts.catalogue,
    replays: [],
    queues: [],
    counters: [],
    custom: [],
    judgeErrors: [],
  };
}

export interface SliceParts {
  /** Default: `eu`. */
  readonly region?: string;
  readonly requests: number;
  readonly warmMs: readonly number[];
  readonly errors: Readonly<Record<string, number>>;
  readonly lookups: number;
  readonly hits: number;
}

export function slice(color: Color, parts: SliceParts): TrafficSlice {
  return {
    color,
    region: parts.region ?? 'eu',
    route: 'answer',
    requests: parts.requests,
    warmMs: parts.warmMs,
    warmUsableMs: parts.warmMs,
    coldMs: [],
    errors: parts.errors,
    cache: { lookups: parts.lookups, hits: parts.hits },
    identities: {},
    writes: { accepted: 0, frozen: 0, late: 0 },
  };
}

export function probeWindow(
  runs: readonly ProbeRun[],
  probes: ProbeWindow['probes'],
  calibration: Calibration | null = CALIBRATION,
): ProbeWindow {
  return {
    setDigest: 'set',
    corpusHash: 'corpus',
    embedderId: 'use-lite',
    calibration,
    seedEffective: true,
    runs,
    probes,
  };
}
