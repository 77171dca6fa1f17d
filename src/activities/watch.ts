/**
 * A hold: looks at planned moments, judges each from evidence that is stored first, and ends at a fail or at the scheduled end.
 * Each look is one attempt and the pause between two is the server's retry backoff, so a hold of hours costs three history
 * events and goes on under any worker. What one attempt knows it keeps in heartbeat details.
 */
import { Context, activityInfo } from '@temporalio/activity';
import { COLORS } from '../domain/color.ts';
import type { Verdict } from '../domain/gate.ts';
import { overallVerdict, summarize, type GateRecord, type GateSummary } from '../domain/gate-record.ts';
import type { Baseline, ErrorCatalogue, LookInput } from '../domain/look-input.ts';
import { judge } from '../domain/gates/judge.ts';
import { awaitingRerun } from '../domain/gates/lambda.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { fullGrid, GRID_CELLS } from '../domain/probes/rounds.ts';
import type { Activities, WatchInput, WatchProgress, WatchResult } from './api.ts';
import { keep, kept, lookAgain, scheduledNow, signal } from './attempt.ts';
import { gather, windowOf } from './gather.ts';
import { counters, type CounterBase } from './counters.ts';
import type { Prober, World } from './world.ts';

const DAY_MS = 86_400_000;

/** A look is due this much early: clocks of server and worker differ a little. */
const DUE_SLACK_MS = 20;

/** Chaotic questions asked again in one look; more than these fail λ by their number. */
const MAX_RERUNS = 10;

interface Kept {
  /** World clock at which the hold began: start of the telemetry window. */
  readonly windowStartMs: number;
  readonly looksDone: number;
  /** Evidence digests of the probe runs so far. */
  readonly runs: readonly string[];
  readonly roundsDone: number;
  readonly catalogue: string | null;
  readonly counterBase: CounterBase;
  readonly last: WatchResult | null;
}

export function watchActivities(world: World): Pick<Activities, 'watchGates'> {
  return {
    async watchGates(input) {
      const clock = attemptClock();
      let state = (kept() as Kept | null) ?? (await begin(world, input));
      const startMs = activityInfo().scheduledTimestampMs;
      for (;;) {
        const dueMs = startMs + (state.looksDone + 1) * input.everyMs;
        const waitMs = dueMs - clock();
        keep(state);
        if (waitMs > DUE_SLACK_MS) throw lookAgain(waitMs, pending(state, input));
        state = await look(world, input, state);
        const { last } = state;
        if (last !== null && (last.verdict === 'fail' || last.look.final)) return last;
      }
    },
  };
}

/** The workflow's clock: where this attempt was scheduled, plus what has really passed since it began here. */
function attemptClock(): () => number {
  const [scheduledMs, realMs] = [scheduledNow(), Date.now()];
  return () => scheduledMs + (Date.now() - realMs);
}

async function begin(world: World, input: WatchInput): Promise<Kept> {
  const windowStartMs = world.now();
  return {
    windowStartMs,
    looksDone: 0,
    runs: [],
    roundsDone: 0,
    catalogue: await catalogue(world, input, windowStartMs),
    counterBase: await counters(world, input.targets),
    last: null,
  };
}

async function look(world: World, input: WatchInput, before: Kept): Promise<Kept> {
  const startedAtMs = world.now();
  const probed = await probe(world, input, before);
  const evidence = await world.evidence(input.targets);
  const index = before.looksDone + 1;
  const gathered = await gather(world, input, {
    index,
    startedAtMs,
    windowStartMs: before.windowStartMs,
    runs: await allRuns(world, input, probed.runs),
    judgeErrors: probed.judgeErrors,
    catalogue: before.catalogue === null ? null : ((await evidence.get(before.catalogue)) as ErrorCatalogue),
    counterBase: before.counterBase,
    baseline: input.baseline === null ? null : ((await evidence.get(input.baseline)) as Baseline),
  });
  const result = await judged(world, input, gathered);
  await tellChange(input, before.last, result);
  return { ...before, looksDone: index, runs: probed.runs, roundsDone: probed.roundsDone, last: result };
}

async function judged(world: World, input: WatchInput, gathered: LookInput): Promise<WatchResult> {
  const evidence = await world.evidence(input.targets);
  const inputRef = await evidence.put(gathered);
  const records: GateRecord[] = judge(gathered).map((record) => ({ ...record, evidenceRef: inputRef }));
  const gates = records.map(summarize);
  const { index, planned, final } = gathered.look;
  return {
    verdict: decisive(gates, final),
    look: { index, planned, final },
    gates,
    evidence: await evidence.put({ input: inputRef, records }),
  };
}

/** In the middle of a hold only a fail decides. */
function decisive(gates: readonly GateSummary[], final: boolean): Verdict {
  const verdict = overallVerdict(gates);
  return final || verdict === 'fail' ? verdict : 'inconclusive';
}

/** Sends this look's share of the probe grid; finished rounds are stored, so a lost worker repeats one at most. */
async function probe(
  world: World,
  input: WatchInput,
  before: Kept,
): Promise<Pick<Kept, 'runs' | 'roundsDone'> & { judgeErrors: LookInput['judgeErrors'] }> {
  if (input.rounds === 0) return { ...before, judgeErrors: [] };
  const evidence = await world.evidence(input.targets);
  const runs = [...before.runs];
  let { roundsDone } = before;
  const target = (before.looksDone + 1) * input.rounds;
  try {
    const prober = await world.prober(input.targets, input.probes);
    while (roundsDone < target) {
      const done: readonly ProbeRun[] = await prober.run(prober.round(roundsDone), {
        colors: COLORS,
        round: roundsDone,
        signal: signal(),
        onProgress: () => keep({ ...before, runs, roundsDone }),
      });
      runs.push(await evidence.put(done));
      roundsDone += 1;
      keep({ ...before, runs: [...runs], roundsDone });
    }
    const confirming = await rerun(world, input, { prober, runs, roundsDone });
    if (confirming !== null) runs.push(confirming);
    return { runs, roundsDone, judgeErrors: [] };
  } catch (cause) {
    signal().throwIfAborted();
    const message = `probes could not be judged: ${cause instanceof Error ? cause.message : String(cause)}`;
    const gates = ['delta-s', 'coverage', 'lambda', 'schema'] as const;
    return { runs, roundsDone, judgeErrors: [{ gates, message }] };
  }
}

/** Sends the whole grid of a chaotic question once more, so that a look can confirm it or clear it. */
async function rerun(
  world: World,
  input: WatchInput,
  { prober, runs, roundsDone }: { prober: Prober; runs: readonly string[]; roundsDone: number },
): Promise<string | null> {
  if (roundsDone % GRID_CELLS !== 0 || !input.gates.some(({ gate }) => gate === 'lambda')) return null;
  const soFar = await allRuns(world, input, runs);
  const window = windowOf(prober, input, soFar);
  const again = awaitingRerun(window, COLORS).slice(0, MAX_RERUNS);
  if (again.length === 0) return null;
  const round = roundsDone - 1;
  const cells = fullGrid(again, prober.setDigest).map((cell) => ({ ...cell, round }));
  const done = await prober.run(cells, {
    colors: COLORS,
    round,
    signal: signal(),
    onProgress: () => undefined,
  });
  const evidence = await world.evidence(input.targets);
  return evidence.put(done.map((run): ProbeRun => ({ ...run, rerun: true })));
}

async function allRuns(world: World, input: WatchInput, digests: readonly string[]): Promise<ProbeRun[]> {
  const evidence = await world.evidence(input.targets);
  const rounds = await Promise.all(digests.map((digest) => evidence.get(digest)));
  return rounds.flat() as ProbeRun[];
}

async function catalogue(world: World, input: WatchInput, toMs: number): Promise<string | null> {
  const { targets } = input;
  try {
    const telemetry = await world.telemetry(targets);
    const query = { service: targets.service, fromMs: toMs - DAY_MS, toMs, regions: [] };
    const known = await telemetry.catalogue(targets.from, query, signal());
    const allowed = Object.fromEntries(input.allowErrors.map((name) => [name, 1]));
    return await (await world.evidence(targets)).put({ ...known, classes: { ...allowed, ...known.classes } });
  } catch {
    signal().throwIfAborted();
    // Without a catalogue every class counts as new to nobody: the novelty gate says it has no data.
    return null;
  }
}

/** Shows the change on the board in the middle of a hold; one signal a change, none in a quiet hold. */
async function tellChange(input: WatchInput, before: WatchResult | null, now: WatchResult): Promise<void> {
  if (now.look.final || now.verdict === 'fail') return;
  const changed = now.gates.some((gate) => {
    const last = before?.gates.find((one) => one.gate === gate.gate);
    return gate.verdict === 'error' || (last !== undefined && last.verdict !== gate.verdict);
  });
  const workflow = activityInfo().workflowExecution;
  if (!changed || workflow === undefined) return;
  const progress: WatchProgress = { step: input.step, ...now };
  try {
    const { client } = Context.current();
    await client.workflow.getHandle(workflow.workflowId, workflow.runId).signal('look', progress);
  } catch {
    // The board is a courtesy; the verdict at the end does not depend on it.
  }
}

function pending(state: Kept, input: WatchInput): string {
  const verdicts =
    state.last?.gates.map((gate) => `${gate.gate} ${gate.verdict}`).join(', ') ?? 'no look yet';
  return `look ${state.looksDone + 1} of ${input.looks ?? '∞'} of ${input.step}; so far: ${verdicts}`;
}
