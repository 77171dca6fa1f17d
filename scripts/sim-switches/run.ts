/** Lives through one bad day: its switches one after the other, on the real server, and what the oracle says of each. */
import proto from '@temporalio/proto';
import { Client, type Connection, type WorkflowHandle } from '@temporalio/client';
import type { SwitchEvent } from '../../src/domain/event.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Outcome, SwitchState } from '../../src/domain/state.ts';
import { withTimeSkipping } from '../../src/dev-server/time-skipping.ts';
import { hasGrpcCode } from '../../src/temporal/grpc-code.ts';
import type { Engine } from './engine.ts';
import { judgeSwitch, type Violation } from './oracle/index.ts';
import type { Ended, Past } from './oracle/ended.ts';
import { operatorsOf } from './operators.ts';
import { planText } from './plan-text.ts';
import type { Scenario } from './scenario.ts';
import { Service } from './world/service.ts';

/** Port calls after which the last person in the building sends everybody home. */
const MOST_CALLS = 600;
/** Time on the switch's clock after which it counts as forgotten, ms. */
const FORGOTTEN_MS = 10 * 86_400_000;
/** Real time without a port call after which nothing is going to happen by itself, ms: two lost workflow tasks, of ten seconds each. */
const QUIET_MS = 22_000;
/** Real time without a port call, or port calls, after the last resort after which a switch counts as stuck: a busy machine is slow. */
const STUCK_MS = 40_000;
const STUCK_CALLS = 3000;
/** A task that the server took back because news came (a message, the end): unhandled command, forced close, unhandled update. */
const BENIGN: readonly number[] = [1, 17, 31];
/** Types of errors that only a mistake in code throws. */
const BUGS: readonly string[] = [
  'TypeError',
  'ReferenceError',
  'RangeError',
  'SyntaxError',
  'AssertionError',
];
const DEADLINE_EXCEEDED = 4;
const MAX_SKIPS = 4000;
/** Events of a history that a switch that never ended is told with. */
const NEWEST = 12;

export interface Stage {
  readonly engine: Engine;
  readonly connection: Connection;
  readonly services: Map<string, Service>;
  /** Task queues of a usual worker, and of one that caches nothing. */
  readonly queues: { readonly usual: string; readonly replaying: string };
}

let worlds = 0;

/** @returns what was violated, first things first; each switch that ended goes to `onEnded` */
export async function live(
  stage: Stage,
  scenario: Scenario,
  onEnded: (ended: Ended) => void = () => undefined,
): Promise<Violation[]> {
  worlds += 1;
  const name = `day-${scenario.seed}-${worlds}`;
  const service = new Service(name, scenario, stage.engine.fail);
  stage.services.set(name, service);
  try {
    for (let nth = 0; nth < scenario.switches.length; nth += 1) {
      const ended = await one(stage, service, nth);
      onEnded(ended);
      const violations = judgeSwitch(ended);
      if (violations.length > 0) return violations;
    }
    return [];
  } finally {
    service.outside = null;
    service.wakeZombies();
    stage.services.delete(name);
  }
}

async function one(stage: Stage, service: Service, nth: number): Promise<Ended> {
  const { engine, connection } = stage;
  let handle: WorkflowHandle | null = null;
  const starting: Promise<WorkflowHandle> = (async () => {
    const outside = operatorsOf(service, () => {
      if (handle === null) throw new Error('the switch has not started');
      return handle;
    });
    service.begin(nth, {
      act: async (burst) => (await starting, outside.act(burst)),
      look: async () => (await starting, outside.look()),
    });
    const { from, regions, colors } = service;
    const releases = { blue: colors.releaseOf('blue'), green: colors.releaseOf('green') };
    const choice = service.current.plan;
    const text = planText(choice, {
      edge: service.scenario.edge,
      service: service.name,
      from,
      releases,
      regions,
    });
    const { plan, digest } = await engine.loadPlan({ text });
    const client = new Client({ connection: withTimeSkipping(connection, { maxSkips: MAX_SKIPS }) });
    handle = await engine.startSwitch(client, {
      plan,
      planDigest: digest,
      by: 'sim',
      taskQueue: service.scenario.replays ? stage.queues.replaying : stage.queues.usual,
      workflowId: `sim/${service.name}`,
    });
    return handle;
  })();
  const running = await starting;
  const resorted = await drive(service, running);
  service.end();
  return collect(service, running, nth, resorted);
}

/** Waits for the end, and brings it about where nobody else does. */
async function drive(service: Service, handle: WorkflowHandle): Promise<Ended['resort']> {
  const startMs = Date.now();
  service.lastCallRealMs = startMs;
  let resort: Ended['resort'] = 'none';
  let resortMs = 0;
  const ended = handle.result().then(
    () => true,
    () => true,
  );
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const soon = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), 250)));
    const hasEnded = await Promise.race([ended, soon]);
    clearTimeout(timer);
    if (hasEnded) return resort;
    const nowMs = Date.now();
    const isForgotten = service.nowMs - startMs > FORGOTTEN_MS;
    const isLost = isForgotten || service.calls > MOST_CALLS || nowMs - service.lastCallRealMs > QUIET_MS;
    if (resort === 'none' && isLost) {
      [resort, resortMs] = ['rollback', nowMs];
      await send(handle, 'rollback', { reason: 'nobody came' });
    } else if (resort === 'rollback' && nowMs - resortMs > QUIET_MS) {
      // Past the point of no return there is only forward; and a sick `from` is asked about twice.
      [resort, resortMs] = ['override', nowMs];
      await send(handle, 'override', { hold: true, reason: 'nobody came' });
      await send(handle, 'rollback', { reason: 'nobody came, and again' });
    } else if (resort === 'override' && isStuck(service, resortMs)) {
      await handle.terminate('stuck').catch(() => undefined);
      return 'stuck';
    }
  }
}

function isStuck({ calls, lastCallRealMs }: Service, resortMs: number): boolean {
  return calls > STUCK_CALLS || Date.now() - Math.max(resortMs, lastCallRealMs) > STUCK_MS;
}

async function send(handle: WorkflowHandle, name: string, input: object): Promise<void> {
  const commandId = `resort-${name}-${Math.random()}`;
  await handle.signal(name, { by: 'resort', commandId, ...input }).catch(() => undefined);
}

async function collect(
  service: Service,
  handle: WorkflowHandle,
  nth: number,
  resort: Ended['resort'],
): Promise<Ended> {
  const failures: string[] = [];
  const ask = async <T>(name: string, ...args: unknown[]): Promise<T | null> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handle.query<T, unknown[]>(name, ...args);
      } catch (cause) {
        // A busy machine misses the server's ten seconds now and then.
        if (attempt < 3 && hasGrpcCode(cause instanceof Error ? cause.cause : cause, DEADLINE_EXCEEDED))
          continue;
        failures.push(`${name}: ${why(cause)}`);
        return null;
      }
    }
  };
  const isStuck = resort === 'stuck';
  // One after the other: of several queries at once to a closed workflow one may never be answered.
  const history = await past(handle);
  const state = await ask<SwitchState>('status');
  const events = await allEvents(service, state?.switchId ?? '', (from) => ask<EventsPage>('events', from));
  const plan = await ask<Plan>('plan');
  let outcome: Outcome | null = null;
  let failure: string | null = null;
  if (!isStuck) {
    try {
      outcome = await handle.result();
    } catch (cause) {
      failure = why(cause);
    }
  }
  return {
    service,
    nth,
    runId: state?.switchId ?? service.runId,
    from: service.from,
    to: service.to,
    choice: service.current.plan,
    plan,
    state,
    events,
    outcome,
    failure,
    history,
    queryFailures: failures,
    resort,
  };
}

interface EventsPage {
  readonly events: readonly SwitchEvent[];
  readonly next: number | null;
}

/** What the run remembers, after what it has put into the evidence store. */
async function allEvents(
  service: Service,
  switchId: string,
  ask: (from: number) => Promise<EventsPage | null>,
): Promise<SwitchEvent[]> {
  const stored = [...service.evidence.values()]
    .map((one) => one as { switchId?: unknown; firstIndex?: number; events?: SwitchEvent[] } | null)
    .filter((one) => one?.switchId === switchId && Array.isArray(one.events) && one.firstIndex !== undefined)
    .sort((a, b) => (a?.firstIndex ?? 0) - (b?.firstIndex ?? 0));
  const events: SwitchEvent[] = [];
  for (const page of stored) if (page?.firstIndex === events.length) events.push(...(page.events ?? []));
  for (let next: number | null = events.length; next !== null;) {
    const page: EventsPage | null = await ask(next);
    events.push(...(page?.events ?? []));
    next = page?.next ?? null;
  }
  return events;
}

function why(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}

/** What an attempt of an activity failed with, where no world could have made it fail like that. */
function bugOf(event: proto.temporal.api.history.v1.IHistoryEvent): string | null {
  const { activityTaskStartedEventAttributes: again, activityTaskFailedEventAttributes: failed } = event;
  // A local activity leaves a marker.
  const failure = again?.lastFailure ?? failed?.failure ?? event.markerRecordedEventAttributes?.failure;
  const type = failure?.applicationFailureInfo?.type ?? '';
  return BUGS.includes(type) ? `${type}: ${failure?.message ?? ''}` : null;
}

/** `WORKFLOW_TASK_TIMED_OUT 1`: the type of an event and, of a task that went wrong, its cause in Temporal's numbers. */
function inAWord(event: proto.temporal.api.history.v1.IHistoryEvent): string {
  const { workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes: late } = event;
  const cause = failed?.cause ?? late?.timeoutType ?? '';
  return `${proto.temporal.api.enums.v1.EventType[event.eventType ?? 0]} ${cause}`
    .replace('EVENT_TYPE_', '')
    .trim();
}

async function past(handle: WorkflowHandle): Promise<Past> {
  const history = await handle.fetchHistory();
  const events = history.events ?? [];
  const failures = events.flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed === null || failed === undefined || BENIGN.includes(Number(failed.cause))
      ? []
      : [failed.failure?.message ?? `cause ${Number(failed.cause)}`],
  );
  const bugs = events.flatMap((event) => bugOf(event) ?? []);
  let largest = 0;
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    if (value instanceof Uint8Array) {
      largest = Math.max(largest, value.byteLength);
      return;
    }
    for (const item of Object.values(value)) visit(item);
  };
  visit(events);
  return {
    length: events.length,
    taskFailures: failures,
    bugs,
    largestPayload: largest,
    newest: events.slice(-NEWEST).map(inAWord),
  };
}
