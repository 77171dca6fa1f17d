/**
 * `cutover demo`: one real switch of a real two-color RAG service under live traffic, on a real Temporal server, with the traffic's
 * own ledger as the judge at the end. Ends 0 only if the switch ended as it should and nothing was lost.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startChild, type Child } from '../../examples/docs-rag/shared/child.ts';
import { startStack, type Stack } from '../../examples/docs-rag/stack.ts';
import { connect } from '../client/connect.ts';
import { startSwitch, type SwitchHandle } from '../client/start.ts';
import { UserError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Outcome } from '../domain/state.ts';
import { startTemporalServer, type TemporalServer } from '../embedded/temporal-server.ts';
import { loadPlan } from '../plan/load.ts';
import { loadProbeSet } from '../probes/probe-set.ts';
import { ENDINGS, FAULTS, isFault, type Ending } from './endings.ts';
import { workerEnvironment } from './environment.ts';
import { follow } from './follow.ts';
import { demoOperator } from './operator.ts';
import { identitiesOf, writePlanFile } from './plan-file.ts';

export interface DemoOptions {
  /** One of `FAULTS`; `none` for a healthy switch. */
  readonly fault: string;
  /** Keep everything up after the end, until Ctrl-C. */
  readonly keep: boolean;
  readonly json: boolean;
  readonly out: (line: string) => void;
  /** Renders an event for people. */
  readonly line?: (event: SwitchEvent) => string | null;
  /** Where this run keeps its files. Default `.cutover/demo`. */
  readonly dir?: string;
}

const REGIONS = ['eu-west', 'us-east'];

/** Traffic before the switch starts, so that there is a baseline to compare with. */
const SETTLE_MS = 3000;

/** @returns 0 when the switch ended as the fault demands and the ledger is whole, 1 otherwise. */
export async function runDemo(options: DemoOptions): Promise<number> {
  if (!isFault(options.fault)) {
    throw new UserError(`no fault "${options.fault}"`, { hint: `there are ${FAULTS.join(', ')}` });
  }
  const ending = ENDINGS[options.fault];
  const dir = resolve(options.dir ?? join('.cutover', 'demo'));
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const out = options.json ? () => undefined : options.out;
  const closers: (() => Promise<void>)[] = [];
  try {
    out(`cutover demo: ${ending.what}`);
    const [temporal, stack] = await Promise.all([
      startTemporalServer({ dbFile: join(dir, 'temporal.db'), onProgress: (line) => out(`   ${line}`) }).then(
        (server) => {
          closers.push(() => server.close());
          return server;
        },
      ),
      startStack({ dir: join(dir, 'stack'), regions: REGIONS }).then((started) => {
        closers.push(() => started.close());
        return started;
      }),
    ]);
    const result = await performSwitch({
      dir,
      temporal,
      stack,
      ending,
      fault: options.fault,
      out,
      closers,
      line: options.line,
    });
    options.out(options.json ? JSON.stringify(result) : summary(result, temporal));
    if (options.keep && !options.json) await untilInterrupted(out);
    return result.ok ? 0 : 1;
  } finally {
    for (const close of closers.toReversed()) await close().catch(() => undefined);
  }
}

interface Run {
  readonly dir: string;
  readonly temporal: TemporalServer;
  readonly stack: Stack;
  readonly ending: Ending;
  readonly fault: string;
  readonly out: (line: string) => void;
  readonly closers: (() => Promise<void>)[];
  readonly line: DemoOptions['line'];
}

export interface DemoResult {
  readonly ok: boolean;
  readonly fault: string;
  readonly outcome: Outcome;
  readonly endedAsItShould: boolean;
  readonly seconds: number;
  readonly ledger: Awaited<ReturnType<Stack['ledgerCheck']>>;
  readonly workflow: string;
  readonly report: string | null;
}

async function performSwitch(run: Run): Promise<DemoResult> {
  const { dir, temporal, stack, ending, out } = run;
  const startedMs = Date.now();
  const worker = await startWorker(dir, stack, temporal);
  run.closers.push(() => worker.close());
  await stack.traffic.start();
  out(`   traffic is flowing to ${stack.entries.map((entry) => entry.url).join(' and ')}`);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const file = await writePlanFile(dir, stack, await identitiesOf(stack));
  const loaded = await loadPlan(file, { probeDigest: async (folder) => (await loadProbeSet(folder)).digest });
  if (isFault(run.fault)) await stack.setFault(run.fault);
  const { client, close } = await connect({ address: temporal.address, namespace: temporal.namespace });
  run.closers.push(close);
  const handle = await startSwitch(client, { plan: loaded.plan, planDigest: loaded.digest, by: 'demo' });
  out(`   plan ${file}`);
  if (temporal.uiUrl !== undefined) out(`   watch ${workflowUrl(temporal, handle)}`);
  const operate = demoOperator(handle, stack, out);
  const outcome = await follow(handle, {
    onEvent: async (event) => {
      const line = run.line?.(event);
      if (line !== undefined && line !== null) out(line);
      await operate(event);
    },
  });
  const ledger = await stack.ledgerCheck(outcome.kind === 'completed' ? 'completed' : 'rolled-back');
  const endedAsItShould =
    outcome.kind === ending.outcome && (outcome.kind !== 'rolled-back' || outcome.gate === ending.gate);
  return {
    ok: endedAsItShould && ledger.ok,
    fault: run.fault,
    outcome,
    endedAsItShould,
    seconds: Math.round((Date.now() - startedMs) / 100) / 10,
    ledger,
    workflow: workflowUrl(temporal, handle),
    report: outcome.kind === 'refused' ? null : outcome.report,
  };
}

export function startWorker(
  dir: string,
  stack: Stack,
  temporal: { address: string; namespace: string },
): Promise<Child> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return startChild({
    name: 'worker',
    module: new URL(`../worker/main.${extension}`, import.meta.url),
    argument: {},
    logDir: join(dir, 'stack', 'logs'),
    env: workerEnvironment(stack, temporal),
  });
}

function workflowUrl(temporal: TemporalServer, handle: SwitchHandle): string {
  const id = encodeURIComponent(handle.workflowId);
  return `${temporal.uiUrl ?? ''}/namespaces/${temporal.namespace}/workflows/${id}`;
}

function summary(result: DemoResult, temporal: TemporalServer): string {
  const { outcome, ledger } = result;
  const how =
    outcome.kind === 'rolled-back'
      ? `rolled back (${outcome.gate ?? 'no gate'}): ${outcome.reason}; users were back after ${outcome.restoredInMs} ms`
      : outcome.kind === 'refused'
        ? `refused: ${outcome.findings.map((one) => `${one.code}: ${one.message}`).join('; ')}`
        : 'completed';
  return [
    '',
    `The switch ${how}.`,
    result.endedAsItShould ? '✔ it ended as it should' : '✖ it did NOT end as it should',
    ...ledger.checks.map((check) => `${check.ok ? '✔' : '✖'} ${check.name}: ${check.detail}`),
    '',
    `Took ${result.seconds} s.`,
    ...(temporal.uiUrl === undefined ? [] : [`Temporal UI  ${result.workflow}`]),
    ...(result.report === null ? [] : [`Report       ${result.report}`]),
  ].join('\n');
}

async function untilInterrupted(out: (line: string) => void): Promise<void> {
  out('Everything stays up to look at; Ctrl-C ends it.');
  const heartbeat = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  clearInterval(heartbeat);
}
