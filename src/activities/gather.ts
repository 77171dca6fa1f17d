/** Gathers the input of one look. Whatever cannot be read is left out or named as a judge's error, never guessed. */
import { withoutCounters, withoutFields, withoutLines } from '../domain/asked-gates.ts';
import { COLORS, type Color } from '../domain/color.ts';
import { gatesThatNeed, isNeeded, type GateNeed } from '../domain/gate.ts';
import {
  LOOK_SCHEMA,
  REPLAYED,
  type Baseline,
  type CustomResult,
  type ErrorCatalogue,
  type LookInput,
  type ProbeWindow,
  type QueueWindow,
  type TrafficSlice,
} from '../domain/look-input.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { redact } from '../domain/redact.ts';
import { gapOf } from '../domain/unread.ts';
import type { WatchInput } from './api.ts';
import { signal, writeContext } from './attempt.ts';
import { since, type CounterBase } from './counters.ts';
import { replayNewClasses } from './novelty.ts';
import { readTraffic } from './traffic.ts';
import type { World } from './world.ts';
import { windowOf } from '../probes/window.ts';

interface LookSoFar {
  readonly index: number;
  readonly startedAtMs: number;
  readonly windowStartMs: number;
  readonly runs: readonly ProbeRun[];
  /** Digests of them as they were stored. */
  readonly rounds: readonly string[];
  readonly judgeErrors: LookInput['judgeErrors'];
  readonly dialogs: NonNullable<LookInput['dialogs']>;
  readonly catalogue: ErrorCatalogue | null;
  /** Counters at the start of the window, and now. */
  readonly counterBase: CounterBase;
  readonly counters: CounterBase;
  /** `to` answers and counts nothing. */
  readonly uncounted: boolean;
  /** Null when a color did not tell. */
  readonly ready: NonNullable<LookInput['ready']> | null;
  readonly baseline: Baseline | null;
}

export async function gather(world: World, input: WatchInput, so: LookSoFar): Promise<LookInput> {
  const { targets } = input;
  const judgeErrors = [...so.judgeErrors];
  const guarded = async <T>(need: GateNeed | null, read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (cause) {
      signal().throwIfAborted();
      const message = redact(cause instanceof Error ? cause.message : String(cause));
      judgeErrors.push({ gates: need === null ? [] : gatesThatNeed(need), message });
      return null;
    }
  };
  const endedAtMs = world.now();
  const [traffic, replayed, queues, custom, probes] = await Promise.all([
    guarded('traffic', () => readTraffic(world, input, { ...so, endedAtMs })),
    guarded('replays', () => replayRequests(world, input, so)),
    guarded('queue', () => readQueues(world, input)),
    readCustom(world, input, so.windowStartMs, endedAtMs),
    guarded(null, () => probeWindow(world, input, so)),
  ]);
  const gap = traffic === null ? null : gapOf(traffic);
  if (gap !== null) judgeErrors.push({ gates: gatesThatNeed('traffic'), message: gap });
  const asked = so.uncounted ? withoutCounters(input.gates, targets.to) : input.gates;
  const gates = await told(world, { ...input, gates: await movable(world, { ...input, gates: asked }) });
  const look: LookInput = {
    schema: LOOK_SCHEMA,
    switchId: targets.switchId,
    stage: input.stage,
    step: input.step,
    look: {
      index: so.index,
      planned: input.looks ?? 0,
      final: input.looks !== null && so.index >= input.looks,
      startedAtMs: so.startedAtMs,
      endedAtMs,
      windowStartMs: so.windowStartMs,
      ...(input.lookPlan === null ? {} : { plan: input.lookPlan }),
    },
    from: targets.from,
    to: targets.to,
    gates,
    settings: input.settings,
    expected: input.expected,
    traffic: traffic === null ? null : { ...traffic, slices: [...traffic.slices, ...(replayed ?? [])] },
    probes,
    baseline: so.baseline,
    catalogue: so.catalogue,
    replays: [],
    queues: queues ?? [],
    counters: since(so.counters, so.counterBase),
    custom,
    judgeErrors,
    ...(so.dialogs.length === 0 ? {} : { dialogs: so.dialogs }),
    ...(so.ready === null ? {} : { ready: so.ready }),
    ...(input.weightPercent === null ? {} : { weightPercent: input.weightPercent }),
  };
  return isNeeded(input.gates, 'replays')
    ? { ...look, replays: await replayNewClasses(world, input, look) }
    : look;
}

/** Where each request is dealt anew nobody has a color to stay on. */
async function movable(world: World, { gates, targets }: WatchInput): Promise<WatchInput['gates']> {
  if (!gates.some(({ gate, skip }) => gate === 'stickiness' && skip === undefined)) return gates;
  try {
    const { capabilities } = (await world.port('traffic', targets)) ?? (await world.port('router', targets));
    if (capabilities.isSticky) return gates;
  } catch {
    signal().throwIfAborted();
    return gates;
  }
  const why = 'What moves users deals each request anew, so no user has a color to stay on.';
  return gates.map((one) =>
    one.gate === 'stickiness' ? { ...one, skip: { code: 'not-sticky', why } } : one,
  );
}

/** Telemetry that knows no users, or lacks a field, says nothing that these gates ask. In shadow they ask the judge's own requests. */
async function told(world: World, { gates, stage, targets }: WatchInput): Promise<WatchInput['gates']> {
  if (stage === 'shadow' || !isNeeded(gates, 'lines')) return gates;
  try {
    const telemetry = await world.port('telemetry', targets);
    return telemetry.totals === undefined
      ? withoutFields(gates, telemetry.blind ?? {})
      : withoutLines(gates, targets.providers.telemetry.use);
  } catch {
    signal().throwIfAborted();
    return gates;
  }
}

async function probeWindow(
  world: World,
  input: WatchInput,
  { runs, rounds }: LookSoFar,
): Promise<ProbeWindow | null> {
  if (input.rounds === 0 && runs.length === 0) return null;
  return { ...windowOf(await world.prober(input.targets, input.probes), input.probes, runs), rounds };
}

async function readQueues(world: World, input: WatchInput): Promise<QueueWindow[]> {
  const queue = await world.port('queue', input.targets);
  if (queue === null) return [];
  const before = input.deadLetters;
  return Promise.all(
    COLORS.map(async (color) => ({
      color,
      ...(await queue.depth(color, signal())),
      ...(before === null ? {} : { deadBefore: before[color] }),
    })),
  );
}

async function readCustom(
  world: World,
  input: WatchInput,
  fromMs: number,
  toMs: number,
): Promise<CustomResult[]> {
  return Promise.all(
    input.customGates.map(async (gate): Promise<CustomResult> => {
      const context = writeContext(input.targets, `${input.step}/${gate.name}`);
      try {
        return await world.custom(input.targets, gate, { step: input.step, fromMs, toMs }, context);
      } catch (cause) {
        signal().throwIfAborted();
        const reason = redact(cause instanceof Error ? cause.message : String(cause));
        return { name: gate.name, verdict: 'error', reason, from: null, to: null, n: null };
      }
    }),
  );
}

/** Shadow: what users asked of `from`, asked again of both colors with writes fenced. Counted like traffic of its own route. */
async function replayRequests(world: World, input: WatchInput, so: LookSoFar): Promise<TrafficSlice[]> {
  if (input.replay === 0 || so.index > 1) return [];
  const { targets } = input;
  const telemetry = await world.port('telemetry', targets);
  const query = {
    service: targets.service,
    fromMs: so.startedAtMs - 86_400_000,
    toMs: so.startedAtMs,
    regions: [],
  };
  const sample = await telemetry.sample(targets.from, input.replay, query, signal());
  const slice = async (color: Color): Promise<TrafficSlice> => {
    const errors: Record<string, number> = {};
    for (const request of sample) {
      const error = await world.replay(targets, color, request, signal(), input.probes.dialects);
      if (error !== null) errors[error] = (errors[error] ?? 0) + 1;
    }
    return {
      color,
      ...REPLAYED,
      requests: sample.length,
      warm: 0,
      cold: 0,
      errors,
      identities: {},
      writes: { accepted: 0, frozen: 0, late: 0 },
    };
  };
  return Promise.all(COLORS.map(slice));
}
