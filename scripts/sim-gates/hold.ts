/**
 * Simulates one hold: draws data look by look and judges all of it each time, by our gates and by the rivals.
 * Invariant: every judge sees the same data; ours stops asking a gate at its FAIL, as production does.
 */
import type { CountedLine } from '../../src/domain/clusters/index.ts';
import type { Color } from '../../src/domain/color.ts';
import type { BuiltInGate, Verdict } from '../../src/domain/gate.ts';
import type { LookInput, TrafficSlice } from '../../src/domain/look-input.ts';
import { judge } from '../../src/domain/gates/judge.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';
import { lookInput, probeWindow, slice, START_MS } from './input.ts';
import { questionSet, roundOf, windowProbes } from './questions.ts';
import { binomial, normal, randomOf, type Random } from './random.ts';
import { kayentaAlarms, plainAlarms } from './rivals.ts';
import type { Scenario } from './scenarios.ts';

/** What happened to one gate in one hold. */
export interface GateOutcome {
  readonly gate: BuiltInGate;
  readonly verdict: Verdict;
  /** Look of the FAIL; the last one otherwise. */
  readonly look: number;
  /** A plain threshold was breached at some look. */
  readonly plain: boolean;
  /** Mann-Whitney with Kayenta's defaults at the end of the hold; null when it was not asked. */
  readonly kayenta: boolean | null;
}

/** The class that both colors show every day. */
const USUAL = 'headers:http_5xx:503';
const KEYS = 50;
const TTL_S = 86_400;

/** @param asksKayenta its pairwise differences cost more than all else */
export function simulateHold(scenario: Scenario, seed: string, asksKayenta: boolean): GateOutcome[] {
  const random = randomOf(seed);
  const questions = questionSet(random, scenario.questions, scenario.brokenShare);
  const rare = rareClasses(random, scenario.catalogue);
  const lines: CountedLine[] = [];
  const runs: ProbeRun[] = [];
  const failed = new Map<BuiltInGate, number>();
  const last = new Map<BuiltInGate, Verdict>();
  const plain = new Set<BuiltInGate>();
  let input: LookInput | null = null;
  for (let index = 1; index <= scenario.looks; index += 1) {
    const drawn = (['blue', 'green'] as const).flatMap((color) =>
      users(random, scenario, color, index, rare),
    );
    // In order of time they need no sorting at each look, and named users no digest of their lines.
    drawn.sort((a, b) => a.atMs - b.atMs);
    for (const line of drawn) lines.push({ ...line, user: userOf(lines.length) });
    for (let n = 0; n < scenario.rounds; n += 1) {
      const round = (index - 1) * scenario.rounds + n;
      for (const color of ['blue', 'green'] as const)
        runs.push(...roundOf(random, questions, color, round, scenario));
    }
    input = lookInput({
      index,
      planned: scenario.looks,
      windowMs: (scenario.windowMs * index) / scenario.looks,
      gates: scenario.gates.filter((gate) => !failed.has(gate)),
      slices: slicesOf(lines),
      lines,
      holdMs: scenario.windowMs,
      probes: scenario.rounds === 0 ? null : probeWindow([...runs], windowProbes(questions)),
      catalogue: {
        requests: scenario.catalogue,
        users: scenario.catalogue,
        classes: { [USUAL]: 50, ...rare.known },
      },
    });
    const records = judge(input);
    for (const record of records) {
      const gate = record.gate as BuiltInGate;
      last.set(gate, record.verdict);
      if (record.verdict === 'fail') failed.set(gate, index);
    }
    for (const gate of plainAlarms(records, input.settings)) plain.add(gate);
  }
  const kayenta =
    input === null || !asksKayenta ? null : kayentaAlarms(input, lines, scenario.windowMs / scenario.looks);
  return scenario.gates.map((gate) => ({
    gate,
    verdict: last.get(gate) ?? 'inconclusive',
    look: failed.get(gate) ?? scenario.looks,
    plain: plain.has(gate),
    kayenta: kayenta?.has(gate) ?? null,
  }));
}

interface RareClasses {
  /** Rate of each class, the same on both colors. */
  readonly rates: readonly (readonly [name: string, rate: number])[];
  /** Those that a day of `from` has shown. */
  readonly known: Readonly<Record<string, number>>;
}

/** A long tail of error classes, from one in 10⁴ requests to one in 10⁷: the day of `from` has not seen all of them. */
function rareClasses(random: Random, catalogue: number): RareClasses {
  const rates = Array.from({ length: 30 }, (_, i) => [`tail:${i}`, 10 ** (-4 - (3 * i) / 29)] as const);
  const seen = rates.filter(([, rate]) => binomial(random, catalogue, rate) > 0);
  return { rates, known: Object.fromEntries(seen.map(([name]) => [name, 1])) };
}

/** One look's requests of a color, over its regions. */
function users(
  random: Random,
  scenario: Scenario,
  color: Color,
  index: number,
  rare: RareClasses,
): CountedLine[] {
  return Array.from({ length: scenario.regions }, (_, region) => {
    const ails = color === 'green' && (!scenario.oneRegion || region === 0);
    return usersOf(random, scenario, {
      color,
      ails,
      region: region === 0 ? 'eu' : `r${region}`,
      index,
      rare,
    });
  }).flat();
}

interface Part {
  readonly color: Color;
  readonly region: string;
  readonly index: number;
  readonly rare: RareClasses;
  /** The scenario's fault, if it has one, is here. */
  readonly ails: boolean;
}

/** Each request is of a user of its own. */
function usersOf(
  random: Random,
  scenario: Scenario,
  { color, region, index, rare, ails }: Part,
): CountedLine[] {
  const requests = Math.round(scenario[color === 'green' ? 'to' : 'from'] / scenario.regions);
  const side = ails ? 'to' : 'from';
  const errors = Array.from({ length: binomial(random, requests, scenario.errorRate[side]) }, () => USUAL);
  if (scenario.gates.includes('error-novelty')) {
    for (const [name, rate] of rare.rates) {
      const count = Math.min(requests - errors.length, binomial(random, requests, rate));
      errors.push(...Array.from({ length: count }, () => name));
    }
  }
  const lookups = scenario.gates.includes('cache') ? Math.round(requests * scenario.lookups) : 0;
  const everyMs = scenario.windowMs / scenario.looks;
  return Array.from({ length: requests }, (_, i): CountedLine => {
    const error = errors[i] ?? null;
    return {
      atMs: START_MS + Math.floor((index - 1 + random.nextFloat()) * everyMs),
      color,
      region,
      route: 'answer',
      user: null,
      instance: null,
      cold: false,
      ok: error === null,
      error,
      tfinalMs: error === null ? latency(random, scenario, ails) : 0,
      tusableMs: null,
      // The newest requests of the list look something up: none of them failed before all others did.
      cache: i < requests - lookups ? null : lookup(random, scenario.hitRate[side]),
    };
  });
}

function latency(random: Random, { slower, tail, logSd }: Scenario, ails: boolean): number {
  const isTail = ails && tail > 0 && random.nextFloat() < tail;
  return 180 * (ails ? slower : 1) * (isTail ? 3 : 1) * Math.exp(logSd * normal(random));
}

/** Another user for each number, as a router hashes them: all bins are as likely. */
function userOf(number: number): string {
  let mixed = Math.imul(number ^ (number >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return hex(mixed ^ (mixed >>> 16)) + hex(number);
}

/** Keys that outlive the hold. */
function lookup(random: Random, hitRate: number): CountedLine['cache'] {
  const key = `k${Math.floor(random.nextFloat() * KEYS)}`;
  const hit = random.nextFloat() < hitRate;
  return { node: 'n', key, hit, ttlS: hit ? null : TTL_S };
}

/** What telemetry counts of them beside the sums. */
function slicesOf(lines: readonly CountedLine[]): TrafficSlice[] {
  const slices = new Map<
    string,
    { color: Color; region: string; requests: number; errors: Record<string, number> }
  >();
  for (const { color, region, error } of lines) {
    const key = `${color} ${region}`;
    const one = slices.get(key) ?? { color, region, requests: 0, errors: {} };
    one.requests += 1;
    if (error !== null) one.errors[error] = (one.errors[error] ?? 0) + 1;
    slices.set(key, one);
  }
  return [...slices.values()].map(({ color, ...counts }) => slice(color, counts));
}
