/**
 * `cutover rehearse`: a plan's hours in seconds. The same workflow and the same worker code on the same real server, with the
 * workflow's own clock skipped and simulated ports behind it; the history stands in the Temporal UI like any other.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { offerCommand } from '../client/command.ts';
import { connect, type Connected } from '../client/connect.ts';
import { follow } from '../client/follow.ts';
import { startSwitch, type SwitchHandle } from '../client/start.ts';
import { UserError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Outcome } from '../domain/state.ts';
import type { TemporalServer } from '../dev-server/server.ts';
import { boardUrl } from '../dev-server/board-link.ts';
import { startTemporalServer } from '../dev-server/temporal-server.ts';
import {
  supportsTimeSkipping,
  TimeSkippingUnsupportedError,
  withTimeSkipping,
} from '../dev-server/time-skipping.ts';
import { untilInterrupted } from '../dev-server/until-interrupted.ts';
import { claimWorkFolder } from '../dev-server/work-folder.ts';
import { loadPlan } from '../plan/load.ts';
import { readOwnModule } from '../providers/read-own.ts';
import { loadProbeSet } from '../probes/probe-set.ts';
import { dropWorld, FAULT_NAMES, type Fault } from '../providers/simulated/index.ts';
import { commandSignals, statusQuery } from '../workflows/messages.ts';
import type { WorkflowSource } from '../worker.ts';
import { createSwitchWorker, type SwitchWorkerOptions } from '../worker.ts';
import { rehearsalWorld } from './world.ts';

export interface RehearseOptions {
  readonly planPath: string;
  readonly fault: string | null;
  readonly out: (line: string) => void;
  readonly json: boolean;
  /** Keep the server (and its UI) up after the end, until Ctrl-C. */
  readonly keep: boolean;
  readonly line?: (event: SwitchEvent) => string | null;
}

export interface RehearsalResult {
  readonly outcome: Outcome;
  readonly workflowId: string;
  readonly events: readonly SwitchEvent[];
  /** Length of the history, in events. */
  readonly historyLength: number;
  readonly historyBytes: number;
  /** How long the switch would have taken, ms. */
  readonly rehearsedMs: number;
  readonly realMs: number;
  /** Of the workflow in the Temporal UI; null unless that stays up. */
  readonly url: string | null;
}

/** @returns 0 when the switch completed, or rolled back under a fault; 5 for any other rollback, 4 when refused. */
export async function rehearse(options: RehearseOptions): Promise<number> {
  const fault = checkFault(options.fault);
  const { plan, digest } = await loadPlan(options.planPath, {
    probeDigest: async (folder) => (await loadProbeSet(folder)).digest,
    readModule: readOwnModule,
  });
  const out = options.json ? () => undefined : options.out;
  const folder = await claimWorkFolder('rehearse', { tell: options.json ? () => undefined : options.out });
  const dir = folder.path;
  const server = await startTemporalServer({ dbFile: join(dir, 'temporal.db'), onProgress: out }).catch(
    async (cause: unknown) => {
      await folder.release();
      throw cause;
    },
  );
  try {
    const done = await rehearsePlan({ plan, digest, fault, server, dir, out, line: options.line });
    const result = { ...done, url: options.keep ? done.url : null };
    options.out(options.json ? JSON.stringify(result) : summary(result, fault));
    if (options.keep) await untilInterrupted(out, 'The server stays up to look at; Ctrl-C ends it.');
    return exitCode(result.outcome, fault);
  } finally {
    await server.close();
    await folder.release();
  }
}

interface Rehearsing {
  readonly plan: Plan;
  readonly digest: string;
  readonly fault: Fault | null;
  readonly server: Pick<TemporalServer, 'address' | 'namespace' | 'uiUrl'>;
  /** Where its evidence and its report go. */
  readonly dir: string;
  readonly out: (line: string) => void;
  readonly line?: ((event: SwitchEvent) => string | null) | undefined;
  readonly workflow?: WorkflowSource;
}

export async function rehearsePlan(input: Rehearsing): Promise<RehearsalResult> {
  const { plan, server, fault, out } = input;
  const id = randomUUID().slice(0, 8);
  const connected = await connect({ address: server.address, namespace: server.namespace });
  if (!(await supportsTimeSkipping(connected.connection, server.namespace)))
    throw new TimeSkippingUnsupportedError();
  const set = await loadProbeSet(plan.probes.set);
  const { world } = rehearsalWorld(plan, set.probes, set.digest, fault, id);
  const evidence = { use: 'folder', path: join(input.dir, id) };
  const rehearsed: Plan = { ...plan, providers: { ...plan.providers, evidence, notify: [] } };
  const startedMs = Date.now();
  const taskQueue = `cutover-rehearsal-${id}`;
  const { address, namespace } = server;
  const worker = await runWorkerOf({
    address,
    namespace,
    taskQueue,
    world,
    ...(input.workflow === undefined ? {} : { workflow: input.workflow }),
  });
  try {
    const handle = await start({ ...input, plan: rehearsed }, connected, taskQueue, id);
    await approveAhead(handle, plan);
    const events: SwitchEvent[] = [];
    const { outcome, how } = await follow(handle, {
      onEvent: async (event) => {
        events.push(event);
        const line = input.line?.(event);
        if (line !== undefined && line !== null) out(line);
        await answer(handle, event, fault);
      },
    });
    if (outcome === null) throw new Error(`the rehearsal ended without an outcome: ${how}`);
    const described = await handle.describe();
    const last = events.at(-1)?.atMs ?? startedMs;
    return {
      outcome,
      workflowId: handle.workflowId,
      events,
      historyLength: described.historyLength,
      historyBytes: Number(described.raw.workflowExecutionInfo?.historySizeBytes ?? 0),
      rehearsedMs: last - (events[0]?.atMs ?? last),
      realMs: Date.now() - startedMs,
      url: boardUrl(server, described),
    };
  } finally {
    await worker.stop();
    dropWorld(id);
    await connected.close();
  }
}

async function runWorkerOf(options: SwitchWorkerOptions): Promise<{ stop: () => Promise<void> }> {
  const { worker, close } = await createSwitchWorker(options);
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
      await close();
    },
  };
}

/** Starts the switch with a clock that skips whatever nobody works in. */
function start(
  { plan, digest, server }: Rehearsing,
  connected: Connected,
  taskQueue: string,
  id: string,
): Promise<SwitchHandle> {
  const client = new Client({
    connection: withTimeSkipping(connected.connection),
    namespace: server.namespace,
  });
  return startSwitch(client, {
    plan,
    planDigest: digest,
    by: 'rehearsal',
    taskQueue,
    workflowId: `cutover-rehearsal/${plan.service}/${id}`,
  });
}

/**
 * Approvals are given before they are asked for: under a skipped clock the deadline of one that is waited for comes at once.
 * By Signal, since these must not wait for an answer either.
 */
async function approveAhead(handle: SwitchHandle, plan: Plan): Promise<void> {
  for (const { before, approvers, count } of plan.approvals) {
    for (let person = 0; person < count; person += 1) {
      const by = approvers[person] ?? `rehearsal-${person + 1}`;
      const commandId = `approve-${before}-${person + 1}`;
      await handle.signal(commandSignals.approve, { by, stage: before, reason: 'rehearsed', commandId });
    }
  }
}

/** A question is answered by a rollback: nobody is there to mend the cause. */
async function answer(handle: SwitchHandle, event: SwitchEvent, fault: Fault | null): Promise<void> {
  if (event.type !== 'waiting' || event.wait.kind !== 'question') return;
  const reason = `rehearsed answer to: ${event.wait.what} (fault ${fault ?? 'none'})`;
  const { wait } = await handle.query(statusQuery);
  if (wait?.kind === 'question') await offerCommand(handle, 'rollback', { by: 'rehearsal', reason });
}

function checkFault(name: string | null): Fault | null {
  if (name === null || name === 'none') return null;
  const fault = FAULT_NAMES.find((one) => one === name);
  if (fault === undefined)
    throw new UserError(`no fault "${name}"`, { hint: `there are ${FAULT_NAMES.join(', ')}` });
  return fault;
}

function exitCode(outcome: Outcome, fault: Fault | null): number {
  switch (outcome.kind) {
    case 'completed':
      return 0;
    case 'rolled-back':
      return fault === null ? 5 : 0;
    case 'refused':
      return 4;
  }
}

function summary(result: RehearsalResult, fault: Fault | null): string {
  const { outcome } = result;
  const how =
    outcome.kind === 'rolled-back'
      ? `rolled back by ${outcome.gate ?? 'the operator'}: ${outcome.reason}`
      : outcome.kind === 'refused'
        ? `was refused: ${outcome.findings.map((one) => `${one.code}: ${one.message}`).join('; ')}`
        : 'completed';
  return [
    '',
    `Rehearsed${fault === null ? '' : ` with ${fault}`}: the switch ${how}.`,
    `It would have taken ${hours(result.rehearsedMs)}; the rehearsal took ${(result.realMs / 1000).toFixed(1)} s.`,
    "Every port was simulated: a skipped clock is nothing that real ones can follow, so none of the plan's providers was asked.",
    `History: ${result.historyLength} events, ${Math.round(result.historyBytes / 1024)} KB.`,
    result.url === null
      ? 'The server is stopped; --keep leaves it up with its UI.'
      : `Temporal UI  ${result.url}`,
  ].join('\n');
}

function hours(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
