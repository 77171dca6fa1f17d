/**
 * What an activity does, as the Temporal UI shows it beside its name: the stage or step it belongs to, and what it waits for. One line
 * each, for people who look at a switch there and have never seen the code. The UI cuts long ones off at either end, so the step
 * comes first and there are few words; that each attempt is a look is said where attempts are many.
 */
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import type { Activities, WatchInput } from '../activities/api.ts';
import { movedSaid } from '../domain/edge-config.ts';
import { formatDuration } from '../domain/duration.ts';

/** Those that a workflow schedules as activities of the server; what runs inside a workflow task has no summary. */
type Scheduled = Omit<Activities, 'attributesFit'>;

type Input<K extends keyof Scheduled> = Parameters<Scheduled[K]>[0];

const SUMMARIES: { readonly [K in keyof Scheduled]: (input: Input<K>) => string } = {
  inspect: () => 'preflight: both colors and every provider are looked at',
  watchGates: watching,
  writeEdge: ({ step, patch, freezeForMs, targets }) => {
    if (freezeForMs !== undefined) return `${step}: writes frozen for ${formatDuration(freezeForMs)} at most`;
    const { weightPercent, topology = 'weight', cohorts = [] } = patch;
    if (weightPercent === undefined) return `edge: ${step}`;
    const moved = movedSaid({ topology, weightPercent, cohorts });
    return `${step}: ${moved} to ${targets.to}, until every region serves it`;
  },
  lookAround: () => 'recover: what stands at the edge, and how both colors are',
  readEdge: () => 'edge: what stands there',
  lookBeforeRetire: ({ color }) => `decommission: is ${color} empty of users and jobs?`,
  awaitGeneration: ({ generation, withinMs }) =>
    `every region serves generation ${generation}? (${formatDuration(withinMs)} at most)`,
  restoreTraffic: ({ targets }) => `rollback: everybody back to ${targets.from}`,
  drainQueue: ({ color, quietMs, budgetMs }) =>
    `cutover: ${color}'s queue empty for ${formatDuration(quietMs)}? (within ${formatDuration(budgetMs)})`,
  guardFence: ({ targets, forMs }) =>
    `cutover: late jobs of ${targets.from} move for ${formatDuration(forMs)}, a look each attempt`,
  moveJobs: ({ step, from, to }) => `${step}: jobs of ${from} to ${to}, a look each attempt`,
  freezeTables: ({ step }) => `${step}: writes to the fenced tables are refused`,
  thawTables: ({ step }) => `${step}: the fenced tables take writes again`,
  warm: ({ color, pings, rounds }) => `warmup: ${rounds} × ${pings} pings to ${color}`,
  releaseWarmth: ({ step, color }) => `${step}: warm capacity of ${color} is released`,
  moveCaches: ({ targets: { from, to }, popular }) =>
    `caches: ${from}'s keys are purged, ${popular} popular ones primed on ${to}`,
  primeCache: ({ step, color, popular }) => `${step}: ${popular} popular keys are primed on ${color}`,
  performStep: ({ name, at, action }) => `step ${name} (${at}), by ${action.use}`,
  undoStep: ({ name, action }) => `undo of step ${name}, by ${action.use}`,
  peakWindow: () => 'hold: when is the next peak hour?',
  retire: ({ color }) => `decommission: ${color} is retired`,
  appendEvents: ({ firstIndex }) => `events from ${firstIndex} on are stored`,
  publishReport: ({ outcome }) => `report and evidence: ${outcome.kind}`,
  notify: ({ notification }) => `notify: ${notification.title}`,
};

function watching({ stage, step, everyMs, looks }: WatchInput): string {
  const what = step.startsWith(stage) ? step : `${stage}, ${step}`;
  const every = formatDuration(everyMs);
  if (looks === null) return `${what}: a look each attempt, every ${every}`;
  if (looks > 1) return `${what}: a look each attempt, ${looks} every ${every}`;
  return everyMs === 0 ? `${what}: one look` : `${what}: one look after ${every}`;
}

/** The server refuses longer ones. */
const MAX_SUMMARY = 200;

/** For activities, timers and waits alike. */
export function summaryOf(text: string): string {
  return text.length > MAX_SUMMARY ? `${text.slice(0, MAX_SUMMARY - 1)}…` : text;
}

interface Called {
  executeWithOptions(options: ActivityOptions, args: readonly unknown[]): Promise<unknown>;
}

/** The same activities, each call with its summary. */
export function summarized<A extends Partial<Activities>>(
  activities: ActivityInterfaceFor<A>,
): ActivityInterfaceFor<A> {
  return new Proxy(activities, {
    get(proxied, name) {
      const called = Reflect.get(proxied, name) as unknown as Called;
      const summary = SUMMARIES[name as keyof Scheduled] as (input: unknown) => string;
      return (input: unknown) => called.executeWithOptions({ summary: summaryOf(summary(input)) }, [input]);
    },
  });
}
