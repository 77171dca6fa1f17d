/**
 * Builds the `LookInput` of one look from what the simulation has drawn so far.
 * Invariant: it holds what production gathers and nothing more; the plan's default settings are in force.
 */
import { countLines, type CountedLine, type TrafficSums } from '../../src/domain/clusters/index.ts';
import type { Color } from '../../src/domain/color.ts';
import type { AskedGate, BuiltInGate, GateSettings } from '../../src/domain/gate.ts';
import { sumsLimits, sumsTerms } from '../../src/domain/gates/sums-terms.ts';
import type {
  Baseline,
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
  serverErrors: { also: [], not: [] },
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
  readonly catalogue: ErrorCatalogue | null;
  readonly settings?: GateSettings;
  /** Users' requests, from which the sums are counted; absent: there are none. */
  readonly lines?: readonly CountedLine[];
  /** Length of the hold as planned, ms. Default: such that this look lies where its number says. */
  readonly holdMs?: number;
  readonly baseline?: Baseline | null;
  /** True once only `to` has users. */
  readonly isAlone?: boolean;
}

export const START_MS = 1_700_000_000_000;

/** The sums of a look as production counts them. */
function sumsOf(parts: LookParts, settings: GateSettings): TrafficSums | null {
  const { index, planned, windowMs, lines, catalogue, baseline = null, isAlone = false } = parts;
  const holdMs = parts.holdMs ?? (windowMs * Math.max(1, planned)) / index;
  const window = {
    startMs: START_MS,
    endMs: START_MS + windowMs,
    holdMs,
    everyMs: holdMs / Math.max(1, planned),
    looks: index,
  };
  const terms = sumsTerms(window, { to: 'green', from: isAlone ? null : 'blue', settings, catalogue });
  if (terms === null || lines === undefined) return null;
  return countLines(lines, terms, (seen) => sumsLimits(seen, terms, settings, baseline));
}

export function lookInput(parts: LookParts): LookInput {
  const { index, planned, windowMs, settings = DEFAULT_SETTINGS } = parts;
  const startMs = START_MS;
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
    settings,
    expected: { blue: IDENTITY, green: IDENTITY },
    traffic: {
      fromMs: startMs,
      toMs: startMs + windowMs,
      freshestMs: startMs + windowMs - 1,
      slices: parts.slices,
      flipBacks: 0,
      sums: sumsOf(parts, settings),
      foreignCacheLookups: 0,
    },
    probes: parts.probes,
    baseline: parts.baseline ?? null,
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
  readonly errors: Readonly<Record<string, number>>;
}

export function slice(color: Color, parts: SliceParts): TrafficSlice {
  return {
    color,
    region: parts.region ?? 'eu',
    route: 'answer',
    requests: parts.requests,
    warm: 0,
    cold: 0,
    errors: parts.errors,
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
