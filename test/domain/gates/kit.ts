/** Inputs for gate tests: a healthy look in which one thing at a time is changed. */
import type { Color } from '../../../src/domain/color.ts';
import type { BuiltInGate, GateSettings } from '../../../src/domain/gate.ts';
import type { GateRecord } from '../../../src/domain/gate-record.ts';
import type { CountedLine } from '../../../src/domain/clusters/index.ts';
import type { Baseline, ErrorCatalogue, LookInput, ProbeWindow } from '../../../src/domain/look-input.ts';
import { judge } from '../../../src/domain/gates/judge.ts';
import { identityKey } from '../../../src/domain/identity.ts';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { planRounds } from '../../../src/domain/probes/rounds.ts';
import {
  DEFAULT_SETTINGS,
  IDENTITY,
  lookInput,
  probeWindow,
  slice,
  START_MS,
} from '../../../scripts/sim-gates/input.ts';
import { linesOf, type Spec } from './spec-lines.ts';

export const KEY = identityKey(IDENTITY);
export const USUAL = 'headers:http_5xx:503';

/** Evenly spread values around 100 ms with p95 at about 190 × scale: no noise, so tests say what they mean. */
export function spread(n: number, scale = 1): number[] {
  return Array.from({ length: n }, (_, i) => scale * (10 + (190 * (i + 0.5)) / n));
}

export function traffic(color: Color, change: Partial<Spec> = {}): Spec {
  const warmMs = spread(4900);
  const all = {
    ...slice(color, { requests: 5000, errors: { [USUAL]: 2 } }),
    warmMs,
    warmUsableMs: warmMs,
    cache: { lookups: 3000, hits: 2400 },
    users: 500,
    identities: { [KEY]: 4900 },
    ...change,
  };
  const told = all.warmMs.length + Object.values(all.errors).reduce((sum, n) => sum + n, 0);
  const counted = { ...all, warm: change.warm ?? all.warmMs.length };
  return change.requests === undefined ? { ...counted, requests: Math.max(all.requests, told) } : counted;
}

type Change = (run: ProbeRun, question: number) => Partial<ProbeRun>;

export interface ProbeParts {
  readonly n?: number;
  readonly rounds?: number;
  readonly from?: Change;
  readonly to?: Change;
  readonly colors?: readonly Color[];
  readonly window?: Partial<ProbeWindow>;
}

/** The first `count` questions are changed. */
export function broken(count: number, change: Partial<ProbeRun>): Change {
  return (_, question) => (question < count ? change : {});
}

/** Healthy on both colors: raw ΔS .40, control .60, full coverage, the gold section cited. */
export function probes({
  n = 60,
  rounds = 6,
  from,
  to,
  colors = ['blue', 'green'],
  window,
}: ProbeParts = {}): ProbeWindow {
  const ids = Array.from({ length: n }, (_, i) => `q${String(i).padStart(3, '0')}`);
  const runs = planRounds(ids, rounds, 'test').flatMap(({ cells }) =>
    cells.flatMap((cell) =>
      colors.map((color): ProbeRun => {
        const question = ids.indexOf(cell.probeId);
        const ms = 100 + ((question * 7 + cell.round * 13) % 60);
        const run: ProbeRun = {
          ...cell,
          color,
          sentAtMs: 1_700_000_000_000 + cell.round * 1000,
          error: null,
          violations: [],
          answerClass: 'answer',
          sectionIds: [`${cell.probeId}-gold`],
          sectionsFrom: 'cited',
          deltaS: 0.4,
          deltaSControl: 0.6,
          coverage: 1,
          identity: IDENTITY,
          cold: false,
          latencyMs: { tffb: 20, tusable: ms, tfinal: ms },
        };
        return { ...run, ...(color === 'blue' ? from : to)?.(run, question) };
      }),
    ),
  );
  const facts = ids.map((id, i) => ({
    id,
    topic: `t${i % 6}`,
    answerable: true,
    targetSections: [`${id}-gold`],
  }));
  return { ...probeWindow(runs, facts, null), ...window };
}

/** What of a look decides how its sums are counted. */
export interface Counted {
  readonly settings?: Partial<GateSettings>;
  readonly baseline?: Baseline | null;
  readonly catalogue?: ErrorCatalogue | null;
  readonly isAlone?: boolean;
  /** Requests beside those of the slices. */
  readonly lines?: readonly CountedLine[];
  /** What became of a request, by the minute of the hour in which it came. */
  readonly change?: (line: CountedLine, minute: number) => Partial<CountedLine>;
  /** Of twelve looks. Default: the last. */
  readonly index?: number;
}

export const HOUR_MS = 3_600_000;
const CATALOGUE: ErrorCatalogue = { requests: 100_000, users: 20_000, classes: { [USUAL]: 40 } };

/** The scheduled end of a healthy hour; `change` replaces parts of the input. */
export function look(gate: BuiltInGate, change: Partial<LookInput> = {}): LookInput {
  return hour(gate, [traffic('blue'), traffic('green')], {}, change);
}

/** The scheduled end of an hour of these users. */
export function hour(
  gate: BuiltInGate,
  specs: readonly Spec[],
  {
    settings,
    baseline = null,
    catalogue = CATALOGUE,
    isAlone = false,
    lines = [],
    change: became = () => ({}),
    index = 12,
  }: Counted,
  change: Partial<LookInput> = {},
): LookInput {
  const input = lookInput({
    index,
    planned: 12,
    windowMs: (HOUR_MS * index) / 12,
    gates: [gate],
    slices: specs,
    lines: [...linesOf(specs, HOUR_MS), ...lines].map((line) => ({
      ...line,
      ...became(line, Math.floor((line.atMs - START_MS) / 60_000)),
    })),
    settings: { ...DEFAULT_SETTINGS, ...settings },
    probes: probes(),
    baseline,
    isAlone,
    catalogue,
  });
  const queue = { ready: 0, inFlight: 0, delayed: 0, dead: 0, oldestAgeMs: 0 };
  const counter = { jobsDone: 100, jobsDeduped: 2, egressCalls: 400, egressFailures: 0, lateWrites: 0 };
  return {
    ...input,
    queues: [
      { color: 'blue', ...queue },
      { color: 'green', ...queue },
    ],
    counters: [
      { color: 'blue', ...counter },
      { color: 'green', ...counter },
    ],
    ...change,
  };
}

/** Other users, with the lines and sums that they leave. */
export function withSlices(
  gate: BuiltInGate,
  specs: readonly Spec[],
  change: Partial<LookInput> = {},
): LookInput {
  const { baseline, catalogue } = change;
  const counted = {
    ...(baseline === undefined ? {} : { baseline }),
    ...(catalogue === undefined ? {} : { catalogue }),
  };
  return hour(gate, specs, counted, change);
}

/** The same input at a look in the middle of the hold. */
export function midway(input: LookInput): LookInput {
  return { ...input, look: { ...input.look, index: 6, final: false } };
}

/** Telemetry that ended long before the window did. */
export function stale(input: LookInput): LookInput {
  const { traffic: window } = input;
  return { ...input, traffic: window === null ? null : { ...window, freshestMs: window.toMs - 600_000 } };
}

export function withSettings(input: LookInput, settings: Partial<GateSettings>): LookInput {
  return { ...input, settings: { ...input.settings, ...settings } };
}

/** The one record of an input that asks one gate. */
export function judged(input: LookInput): GateRecord {
  const [record] = judge(input);
  if (record === undefined) throw new Error('no gate was asked');
  return record;
}

export interface Case {
  readonly name: string;
  readonly input: () => LookInput;
  /** `verdict reason[,reason…]`; only the first reasons are compared. */
  readonly expect: string;
}
