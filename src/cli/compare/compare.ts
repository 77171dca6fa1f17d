/**
 * The probe gates of the stage shadow, asked of two colors at their own addresses, without Temporal and without an edge.
 * Invariant: asked, measured and judged by the code that a switch runs; what needs users' traffic, a queue or an edge is not asked.
 */
import { existsSync } from 'node:fs';
import { COLORS, type Color } from '../../domain/color.ts';
import { askedGates } from '../../domain/asked-gates.ts';
import type { AskedGate, Verdict } from '../../domain/gate.ts';
import { overallVerdict, summarize, type GateRecord } from '../../domain/gate-record.ts';
import { judge } from '../../domain/gates/judge.ts';
import { MIN_QUESTIONS } from '../../domain/gates/questions.ts';
import type { HealthContract } from '../../domain/health.ts';
import { IDENTITY_FIELDS, type AnswerIdentity } from '../../domain/identity.ts';
import { LOOK_SCHEMA, type LookInput } from '../../domain/look-input.ts';
import type { Probe, ProbeRun } from '../../domain/probe.ts';
import { GRID_CELLS } from '../../domain/probes/rounds.ts';
import { calibrationPath } from '../../probes/calibration-file.ts';
import { replayNew, tryOfProbe } from '../../probes/new-errors.ts';
import { closeProbers, openProber, type Prober } from '../../probes/prober.ts';
import { askAgain, windowOf } from '../../probes/window.ts';
import { askFirst } from './first-answers.ts';
import { isSameAddress, type Subject } from './subject.ts';

export interface Compared {
  readonly verdict: Verdict;
  readonly records: readonly GateRecord[];
  readonly input: LookInput;
  readonly probes: readonly Probe[];
  /** What a reader must know beside verdicts, in sentences. */
  readonly notes: readonly string[];
  /** Questions that the set lacks before it can prove a build; 0 where that is not what is missing. */
  readonly questionsMissing: number;
  /** Of each color, answers and those that did not come or could not be read. */
  readonly sent: Readonly<Record<Color, { readonly answers: number; readonly failed: number }>>;
  readonly tookMs: number;
}

export interface CompareOptions {
  /** Whole grids of 3 paraphrases × 2 seeds. */
  readonly grids: number;
  /** Health contracts of the colors; null where one has none. */
  readonly health: Readonly<Record<Color, HealthContract | null>>;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** @throws UserError when a color cannot be asked, the set cannot be read or an embedder is missing. */
export async function compareColors(subject: Subject, options: CompareOptions): Promise<Compared> {
  const { scope, probes } = subject;
  const startedAtMs = Date.now();
  try {
    const prober = await openProber(scope, probes);
    const { colorUrls: urls, from } = scope;
    await askFirst(prober, { urls, from, probes }, options.signal);
    const runs = await askAll(subject, prober, options);
    const input = await inputOf(subject, prober, { runs, startedAtMs, options });
    const records = judge(input);
    return {
      verdict: overallVerdict(records.map(summarize)),
      records,
      input,
      probes: prober.probes,
      notes: notesOf(subject, prober, options),
      questionsMissing: Math.max(0, MIN_QUESTIONS - prober.probes.length),
      sent: { blue: sentTo('blue', runs), green: sentTo('green', runs) },
      tookMs: Date.now() - startedAtMs,
    };
  } finally {
    await closeProbers({ env: scope.env });
  }
}

async function askAll(
  { probes }: Subject,
  prober: Prober,
  { grids, signal, onProgress }: CompareOptions,
): Promise<readonly ProbeRun[]> {
  const rounds = grids * GRID_CELLS;
  const runs: ProbeRun[] = [];
  const total = prober.probes.length * COLORS.length * rounds;
  let saidMs = Date.now();
  for (let round = 0; round < rounds; round += 1) {
    const before = runs.length;
    const done = await prober.run(prober.round(round), {
      colors: COLORS,
      round,
      signal,
      onProgress: (sent) => {
        if (Date.now() - saidMs < SAY_EVERY_MS) return;
        saidMs = Date.now();
        onProgress(`${before + sent} of ${total} answers`);
      },
    });
    runs.push(...done);
  }
  return [...runs, ...(await askAgain(prober, probes, { runs, round: rounds - 1, signal }))];
}

const SAY_EVERY_MS = 10_000;

async function inputOf(
  { scope, probes, settings, plan }: Subject,
  prober: Prober,
  { runs, startedAtMs, options }: { runs: readonly ProbeRun[]; startedAtMs: number; options: CompareOptions },
): Promise<LookInput> {
  const { from, to } = scope;
  const expected = { blue: identityOf('blue'), green: identityOf('green') };
  const endedAtMs = Date.now();
  const input: LookInput = {
    schema: LOOK_SCHEMA,
    switchId: 'compare',
    stage: 'shadow',
    step: 'compare',
    look: {
      index: 1,
      planned: 1,
      final: true,
      startedAtMs,
      endedAtMs,
      windowStartMs: startedAtMs,
      plan: { looks: 1, extensions: 0 },
    },
    from,
    to,
    gates: gatesOf(settings.off, expected.blue !== null && expected.green !== null),
    settings,
    expected: { blue: expected.blue ?? NO_IDENTITY, green: expected.green ?? NO_IDENTITY },
    traffic: null,
    probes: windowOf(prober, probes, runs),
    baseline: null,
    catalogue: {
      requests: 0,
      users: 0,
      classes: Object.fromEntries((plan?.allowErrors ?? []).map((name) => [name, 1])),
    },
    replays: [],
    queues: [],
    counters: [],
    custom: [],
    judgeErrors: [],
  };
  const find = async (errorClass: string) => tryOfProbe(prober, input, errorClass, options.signal);
  return { ...input, replays: await replayNew(input, find, options.signal) };

  function identityOf(color: Color): AnswerIdentity | null {
    return plan?.colors[color].index ?? options.health[color]?.index ?? null;
  }
}

const NO_IDENTITY = Object.fromEntries(
  IDENTITY_FIELDS.map((field) => [field, '?']),
) as unknown as AnswerIdentity;

/** Those of shadow. A plan's own gates judge a switch, so they are not asked. */
function gatesOf(off: Subject['settings']['off'], isDeclared: boolean): AskedGate[] {
  const gates = askedGates(
    { gates: { off } as Subject['settings'], customGates: [], providers: NO_PROVIDERS },
    'shadow',
  );
  const why =
    'Which index each color should have is not declared: neither by a plan nor by a health contract of both.';
  return gates.map((one) =>
    one.gate === 'identity' && !isDeclared ? { ...one, skip: { code: 'absent', why } } : one,
  );
}

const NO_PROVIDERS = { queue: null, cache: null } as unknown as Parameters<typeof askedGates>[0]['providers'];

function notesOf({ scope, probes }: Subject, prober: Prober, { health }: CompareOptions): string[] {
  const { calibration, embedderId } = prober;
  const isStored = existsSync(calibrationPath({ folder: probes.set }, embedderId));
  const scale =
    calibration === null
      ? 'ΔS is raw: the plan says so'
      : isStored
        ? `ΔS is on the scale that is kept beside the set (${embedderId})`
        : `the set is not calibrated: the scale of ΔS was measured now with ${embedderId} (m_pos ${calibration.mPos.toFixed(3)}, m_neg ${calibration.mNeg.toFixed(3)}); \`cutover calibrate ${probes.set}\` keeps it`;
  const others = COLORS.filter((color) => health[color] !== null && health[color].color !== color);
  const isOne = isSameAddress(scope.colorUrls.blue, scope.colorUrls.green);
  return [
    scale,
    ...(isOne ? ['both addresses are the same: a build is compared with itself'] : []),
    ...others.map(
      (color) =>
        `${scope.colorUrls[color]} was given as ${color} and says it is ${health[color]?.color ?? ''}`,
    ),
  ];
}

function sentTo(color: Color, runs: readonly ProbeRun[]): { answers: number; failed: number } {
  const own = runs.filter((run) => run.color === color);
  return { answers: own.length, failed: own.filter(({ error }) => error !== null).length };
}
