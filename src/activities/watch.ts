/**
 * A hold: looks at planned moments, judges each from evidence that is stored first, and ends at a fail, at something that makes the
 * evidence worthless, or at the scheduled end. Each look is one attempt and the pause between two is the server's retry backoff, so a
 * hold of hours costs three history events and goes on under any worker. What one attempt knows it keeps in heartbeat details.
 */
import { Context, activityInfo } from '@temporalio/activity';
import { interrupts, isSameConcern, lookVerdict, type Concern } from '../domain/concern.ts';
import { EvidenceGoneError } from '../domain/errors.ts';
import type { Verdict } from '../domain/gate.ts';
import { summarize, type GateRecord } from '../domain/gate-record.ts';
import type { Baseline, ErrorCatalogue, LookInput } from '../domain/look-input.ts';
import { judge } from '../domain/gates/judge.ts';
import { requestsOf } from '../domain/gates/traffic.ts';
import type { Activities, WatchInput, WatchProgress, WatchResult } from './api.ts';
import { keep, kept, lookAgain, scheduledNow, signal } from './attempt.ts';
import { storedForm } from '../evidence/looks.ts';
import { askDialogs, type AskedDialogs } from './dialogs.ts';
import { gather } from './gather.ts';
import type { CounterBase } from './counters.ts';
import { allRuns, probe, type Probing } from './probing.ts';
import { readStanding } from './standing.ts';
import type { World } from './world.ts';

/** A look is due this much early: clocks of server and worker differ a little. */
const DUE_SLACK_MS = 20;

/** Signals of one watch, which stand in history: a gate that flaps for days must not fill it. */
const MAX_SIGNALS = 40;

interface Kept extends Probing {
  /** World clock at which the hold began: start of the telemetry window, unless that slides. */
  readonly windowStartMs: number;
  readonly looksDone: number;
  readonly catalogue: string | null;
  /** Readings of the counters, the first at the window's start or before. */
  readonly counters: readonly { readonly atMs: number; readonly base: CounterBase }[];
  readonly signals: number;
  readonly dialogs: AskedDialogs | null;
  /** Of the look under way, while its probes are sent. */
  readonly sent: { readonly done: number; readonly total: number } | null;
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
        if (last !== null && isOver(last, input)) return last;
      }
    },
  };
}

/** A watch without a scheduled end only tells of concerns: whoever waits for something else goes on waiting. */
function isOver(
  { verdict, look: { final }, concerns }: WatchResult,
  { looks, targets }: WatchInput,
): boolean {
  if (verdict === 'fail' || final) return true;
  return looks !== null && concerns.some((one) => interrupts(one, targets.to));
}

/** The workflow's clock: where this attempt was scheduled, plus what has really passed since it began here. */
function attemptClock(): () => number {
  const [scheduledMs, realMs] = [scheduledNow(), Date.now()];
  return () => scheduledMs + (Date.now() - realMs);
}

async function begin(world: World, input: WatchInput): Promise<Kept> {
  const windowStartMs = world.now();
  const { counters: base } = await readStanding(world, input);
  return {
    windowStartMs,
    looksDone: 0,
    runs: [],
    roundsDone: 0,
    catalogue: await catalogue(world, input, windowStartMs),
    counters: [{ atMs: windowStartMs, base }],
    signals: 0,
    dialogs: null,
    sent: null,
    last: null,
  };
}

async function look(world: World, input: WatchInput, before: Kept): Promise<Kept> {
  const startedAtMs = world.now();
  const index = before.looksDone + 1;
  const probed = await probe(world, input, index, before, (safe, sent) => keep({ ...before, ...safe, sent }));
  const dialogs = await askDialogs(world, input, before.dialogs);
  // Asked once: an open one that is continued again has a turn more.
  if (dialogs.runs.length > 0) keep({ ...before, runs: probed.runs, roundsDone: probed.roundsDone, dialogs });
  const standing = await readStanding(world, input);
  const windowStartMs = Math.max(before.windowStartMs, startedAtMs - (input.windowMs ?? Infinity));
  const counters = within(before.counters, windowStartMs);
  const baseline = await stored<Baseline>(world, input, input.baseline);
  const known = await stored<ErrorCatalogue>(world, input, before.catalogue);
  // A day of telemetry can be read again.
  const again = known.isGone ? await catalogue(world, input, before.windowStartMs) : before.catalogue;
  const gathered = await gather(world, input, {
    index,
    startedAtMs,
    windowStartMs,
    ...(await allRuns(world, input, probed.runs)),
    judgeErrors: [...probed.judgeErrors, ...dialogs.judgeErrors],
    dialogs: dialogs.runs,
    catalogue: known.isGone ? (await stored<ErrorCatalogue>(world, input, again)).value : known.value,
    counterBase: counters[0]?.base ?? [],
    counters: standing.counters,
    uncounted: standing.uncounted,
    ready: standing.ready,
    baseline: baseline.value,
  });
  const concerns = [...standing.concerns, ...lost(baseline)];
  const judgedNow = await judged(world, input, gathered, concerns);
  const last = dialogs.open === null ? judgedNow : { ...judgedNow, openDialogs: dialogs.open };
  const signals = before.signals + (await tellChange(input, before, last));
  const readings =
    input.windowMs === null ? counters : [...counters, { atMs: startedAtMs, base: standing.counters }];
  const { runs, roundsDone } = probed;
  return {
    ...before,
    catalogue: again,
    looksDone: index,
    runs,
    roundsDone,
    counters: readings,
    signals,
    dialogs,
    sent: null,
    last,
  };
}

/** From the newest reading that is not younger than the window. */
function within(readings: Kept['counters'], windowStartMs: number): Kept['counters'] {
  const first = readings.findLastIndex(({ atMs }) => atMs <= windowStartMs);
  return readings.slice(Math.max(0, first));
}

interface Stored<T> {
  readonly value: T | null;
  readonly isGone: boolean;
}

/** What gates compare with. Without it they say what they miss; that is no reason to send anybody back. */
async function stored<T>(world: World, { targets }: WatchInput, digest: string | null): Promise<Stored<T>> {
  if (digest === null) return { value: null, isGone: false };
  try {
    return { value: (await (await world.port('evidence', targets)).get(digest)) as T, isGone: false };
  } catch (cause) {
    if (!(cause instanceof EvidenceGoneError)) throw cause;
    return { value: null, isGone: true };
  }
}

function lost({ isGone }: Stored<unknown>): Concern[] {
  const what =
    'the evidence store has lost the baseline before the flip: gates that compare with it cannot judge';
  return isGone ? [{ kind: 'evidence-lost', color: null, what }] : [];
}

async function judged(
  world: World,
  input: WatchInput,
  gathered: LookInput,
  concerns: readonly Concern[],
): Promise<WatchResult> {
  const evidence = await world.port('evidence', input.targets);
  const inputRef = await evidence.put(storedForm(gathered, input.baseline));
  const records: GateRecord[] = judge(gathered).map((record) => ({ ...record, evidenceRef: inputRef }));
  const gates = records.map(summarize);
  const { index, planned, final } = gathered.look;
  return {
    verdict: lookVerdict(gates, final, concerns, input.targets.to),
    look: { index, planned, final },
    gates,
    concerns,
    requests: gathered.traffic === null ? null : requestsOf(gathered.traffic.slices),
    evidence: await evidence.put({ input: inputRef, records }),
  };
}

async function catalogue(world: World, input: WatchInput, toMs: number): Promise<string | null> {
  const { targets, settings } = input;
  try {
    const telemetry = await world.port('telemetry', targets);
    const fromMs = toMs - settings.novelty.dayMs;
    const query = { service: targets.service, fromMs, toMs, regions: [] };
    const known = await telemetry.catalogue(targets.from, query, signal());
    const allowed = Object.fromEntries(input.allowErrors.map((name) => [name, 1]));
    return await (
      await world.port('evidence', targets)
    ).put({ ...known, classes: { ...allowed, ...known.classes } });
  } catch {
    signal().throwIfAborted();
    // Without a catalogue every class counts as new to nobody: the novelty gate says it has no data.
    return null;
  }
}

/**
 * Shows a change on the board in the middle of a hold: one signal a change, none in a quiet hold, and a bounded number in any.
 * @returns signals sent
 */
async function tellChange(input: WatchInput, before: Kept, now: WatchResult): Promise<number> {
  if (isOver(now, input) || before.signals >= MAX_SIGNALS || !isChanged(before.last, now)) return 0;
  const workflow = activityInfo().workflowExecution;
  if (workflow === undefined) return 0;
  const progress: WatchProgress = { step: input.step, ...now };
  try {
    const { client } = Context.current();
    await client.workflow.getHandle(workflow.workflowId, workflow.runId).signal('look', progress);
  } catch {
    // The board only shows it; the verdict at the end does not depend on it.
  }
  return 1;
}

/** The first look of a watch is told only if something is wrong with the judge or with what it stands on. */
function isChanged(before: WatchResult | null, now: WatchResult): boolean {
  const concerns = before?.concerns ?? [];
  if (now.concerns.length !== concerns.length) return true;
  if (now.concerns.some((one) => !concerns.some((old) => isSameConcern(one, old)))) return true;
  return now.gates.some((gate) => {
    const last = before?.gates.find((one) => one.gate === gate.gate);
    return last === undefined ? gate.verdict === 'error' : last.verdict !== gate.verdict;
  });
}

/** What the pause between two looks says to whoever finds it among failures. */
function pending({ last, looksDone }: Kept, { step, looks }: WatchInput): string {
  const look = `look ${looksDone + 1}${looks === null ? '' : ` of ${looks}`} of ${step}`;
  if (last === null) return `${look}; no gate is judged yet`;
  const said = Object.entries(SAID).flatMap(([verdict, words]) => {
    const gates = last.gates.filter((one) => one.verdict === verdict).map(({ gate }) => gate);
    return gates.length === 0 ? [] : [`${words}: ${gates.join(', ')}`];
  });
  return `${look}; by the last one ${said.join('; ')}`;
}

const SAID: Readonly<Record<Verdict, string>> = {
  fail: 'failing',
  error: 'not to be judged',
  pass: 'passing',
  inconclusive: 'open until the end',
  skipped: 'not asked',
};
