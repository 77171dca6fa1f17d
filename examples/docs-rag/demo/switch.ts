/** One switch of the sample under traffic, from its plan to the ledger's word: what `cutover demo` shows and the defect matrix counts. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { startChild, type Child } from '../shared/child.ts';
import { sibling } from '../shared/paths.ts';
import type { Stack, StackFault } from '../stack.ts';
import { follow } from '../../../src/client/follow.ts';
import { startSwitch, type SwitchHandle } from '../../../src/client/start.ts';
import type { SwitchEvent } from '../../../src/domain/event.ts';
import type { Outcome } from '../../../src/domain/state.ts';
import { loadPlan } from '../../../src/plan/load.ts';
import { loadProbeSet } from '../../../src/probes/probe-set.ts';
import { workerEnvironment } from './environment.ts';
import { demoOperator, questionsIn, type WhenAsked } from './operator.ts';
import { identitiesOf, writePlanFile } from './plan-file.ts';

export const REGIONS = ['eu-west', 'us-east'];

/** Traffic before the switch starts, so that there is a baseline to compare with. */
const SETTLE_MS = 3000;

export interface SwitchToPerform {
  /** Plan and evidence of this switch are kept here. */
  readonly dir: string;
  readonly stack: Stack;
  readonly client: Client;
  readonly fault: StackFault;
  readonly whenAsked: WhenAsked;
  readonly out: (line: string) => void;
  /** Users are moved by cohorts. @default false */
  readonly byCohorts?: boolean;
  /** Of the plan; the edge's own log when left out. */
  readonly telemetry?: Readonly<Record<string, unknown>>;
  readonly onStarted?: (handle: SwitchHandle, planFile: string) => void | Promise<void>;
  readonly onEvent?: (event: SwitchEvent) => void;
}

export interface Performed {
  readonly outcome: Outcome;
  readonly events: readonly SwitchEvent[];
  /** What the switch stopped and asked. */
  readonly asked: readonly string[];
  readonly ledger: Awaited<ReturnType<Stack['ledgerCheck']>>;
}

/** The stack may have been switched before, if users were brought back. */
export async function performSwitch(run: SwitchToPerform): Promise<Performed> {
  const { dir, stack, out } = run;
  await mkdir(dir, { recursive: true });
  await stack.traffic.start();
  out(`   traffic is flowing to ${stack.entries.map((entry) => entry.url).join(' and ')}`);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const sinceGeneration = (await stack.edgeConfig())?.generation ?? 0;
  // What goes wrong in streams only is met by who asks for streams only.
  const streams = run.fault === 'stream-error';
  const demo = { streams, byCohorts: run.byCohorts ?? false, telemetry: run.telemetry };
  const file = await writePlanFile(dir, stack, await identitiesOf(stack), demo);
  const loaded = await loadPlan(file, { probeDigest: async (folder) => (await loadProbeSet(folder)).digest });
  await stack.setFault(run.fault);
  const handle = await startSwitch(run.client, { plan: loaded.plan, planDigest: loaded.digest, by: 'demo' });
  await run.onStarted?.(handle, file);
  const operate = demoOperator(handle, run);
  const events: SwitchEvent[] = [];
  const { outcome, how } = await follow(handle, {
    onEvent: async (event) => {
      events.push(event);
      run.onEvent?.(event);
      await operate(event);
    },
  });
  if (outcome === null) throw new Error(`the switch ended without an outcome: ${how}`);
  const ended = outcome.kind === 'completed' ? 'completed' : 'rolled-back';
  const ledger = await stack.ledgerCheck(ended, { sinceGeneration });
  return { outcome, events, asked: questionsIn(events), ledger };
}

export function startWorker(
  dir: string,
  stack: Stack,
  temporal: { address: string; namespace: string },
): Promise<Child> {
  return startChild({
    name: 'worker',
    module: sibling('../../../src/worker.ts', import.meta.url),
    settings: {},
    logDir: join(dir, 'stack', 'logs'),
    env: workerEnvironment(stack, temporal),
  });
}
