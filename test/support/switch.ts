/**
 * Starts real switches on the real server, against scripted services, and looks at them from outside. One worker serves
 * all switches of a test file; `openSwitches()` is called once at its top.
 * `CUTOVER_RECORD` (a folder) makes it keep every switch's history: that is how test/replay gets its corpus.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after } from 'node:test';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import { connect, type Connected } from '../../src/client/connect.ts';
import { startSwitch, type SwitchHandle } from '../../src/client/start.ts';
import type { TemporalServer } from '../../src/dev-server/server.ts';
import { startTemporalServer, type TemporalServerOptions } from '../../src/dev-server/temporal-server.ts';
import { withTimeSkipping } from '../../src/dev-server/time-skipping.ts';
import { planDigest } from '../../src/plan/digest.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { installRuntime } from '../../src/telemetry.ts';
import { PATIENT_ISOLATE } from '../../src/worker.ts';
import { quickBundle } from './bundle.ts';
import { writeHistory } from './history-file.ts';
import { scriptedPlan, type PlanChange } from './plans.ts';
import { ScriptedService } from './scripted-service.ts';
import { scriptedWorld } from './scripted-world.ts';
import { RunningSwitch } from './running-switch.ts';
import { sharedServer, testEnv } from './temporal.ts';

export interface StartSwitch {
  /** Changes of the scripted plan, or a plan of its own. */
  readonly plan?: PlanChange | Plan;
  /** Bends the service before the switch starts. */
  readonly script?: (service: ScriptedService) => void;
  /** False: the switch lives in real time; `forward` moves it. Default: all idle time is skipped. */
  readonly skip?: boolean;
  /** Default: the file's own worker's. */
  readonly taskQueue?: string;
}

export interface Switches {
  /** Starts a switch of a service of that name, unique in the test file; the name is the scenario's. */
  start(scenario: string, options?: StartSwitch): Promise<RunningSwitch>;
  /** Starts the same service's switch again, as `cutover start` would. */
  startAgain(one: RunningSwitch): Promise<SwitchHandle>;
  /** A further worker on a queue of its own. */
  worker(
    taskQueue: string,
    tuning?: { maxCachedWorkflows?: number },
  ): Promise<{ close: () => Promise<void> }>;
  connected(): Promise<Connected>;
}

/** Of this process: files that share it must not find one another's switches. */
let opened = 0;

/** @param own a server of the file's own, with these settings: for what would be felt by every other switch. Default: the shared one */
export function openSwitches(own?: TemporalServerOptions): Switches {
  opened += 1;
  const mark = `${process.pid}-${opened}`;
  const services = new Map<string, ScriptedService>();
  const started: RunningSwitch[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const taskQueue = `switches-${mark}`;
  const ownServer = async (settings: TemporalServerOptions): Promise<TemporalServer> => {
    const server = await startTemporalServer({ env: testEnv(), headless: true, ...settings });
    closers.push(() => server.close());
    return server;
  };
  const connected = lazy(async () => {
    const { address, namespace } = own === undefined ? await sharedServer() : await ownServer(own);
    const made = await connect({ address, namespace });
    closers.push(() => made.close());
    return made;
  });
  const worker: Switches['worker'] = async (queue, tuning = {}) => {
    const { address, namespace } = await connected();
    installRuntime('ERROR');
    const connection = await NativeConnection.connect({ address });
    const made = await Worker.create({
      connection,
      namespace,
      taskQueue: queue,
      activities: createActivities(scriptedWorld(services), {}),
      workflowBundle: await quickBundle(),
      maxCachedWorkflows: 200,
      ...PATIENT_ISOLATE,
      shutdownForceTime: '5 seconds',
      ...tuning,
    });
    const running = made.run();
    const close = lazy(async () => {
      made.shutdown();
      await running;
      await connection.close();
    });
    closers.push(close);
    return { close };
  };
  const ownWorker = lazy(() => worker(taskQueue));
  after(async () => {
    for (const service of services.values()) service.releaseAll();
    const folder = process.env['CUTOVER_RECORD'];
    for (const { handle, service } of folder === undefined ? [] : started) {
      writeHistory(join(folder ?? '', `${service.name}.json.gz`), await handle.fetchHistory());
    }
    for (const close of closers.toReversed()) await close();
  });
  return {
    worker,
    connected,
    async startAgain({ handle, service }) {
      const { connection, namespace } = await connected();
      const client = new Client({ connection: withTimeSkipping(connection), namespace });
      const { workflowId } = handle;
      const plan = await scriptedPlan(service.name);
      return startSwitch(client, {
        plan,
        planDigest: planDigest(plan),
        by: 'ben@test',
        taskQueue,
        workflowId,
      });
    },
    async start(scenario, options = {}) {
      const { connection, namespace } = await connected();
      if (options.taskQueue === undefined) await ownWorker();
      const name = scenario
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replace(/-$/, '');
      assert.ok(!services.has(name), `scenario ${name} exists already`);
      const service = new ScriptedService(name);
      services.set(name, service);
      options.script?.(service);
      const plan =
        options.plan !== undefined && 'schema' in options.plan
          ? (options.plan as Plan)
          : await scriptedPlan(name, options.plan);
      const client = new Client({
        connection: options.skip === false ? connection : withTimeSkipping(connection),
        namespace,
      });
      const handle = await startSwitch(client, {
        plan,
        planDigest: planDigest(plan),
        by: 'ana@test',
        taskQueue: options.taskQueue ?? taskQueue,
        workflowId: `cutover/${name}/${mark}`,
      });
      const one = new RunningSwitch({ handle, service, connection, namespace });
      started.push(one);
      return one;
    },
  };
}

function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
