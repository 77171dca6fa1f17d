/**
 * Workers are upgraded while switches run: on a real server, with two builds of the workflow of which the second cannot replay the first
 * one's histories. A switch ends on the build it began on, new ones begin on the current build, and a drained build can stop.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { connect, type Connected } from '../../src/client/connect.ts';
import { startSwitch } from '../../src/client/start.ts';
import type { TemporalServer } from '../../src/dev-server/server.ts';
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import { withTimeSkipping } from '../../src/dev-server/time-skipping.ts';
import { planDigest } from '../../src/plan/digest.ts';
import type { WorkflowSource } from '../../src/worker.ts';
import { buildOf, namedBuild } from '../../src/worker-build.ts';
import { installRuntime } from '../../src/telemetry.ts';
import { createSwitchWorker } from '../../src/worker.ts';
import { cachedBundle } from '../support/bundle.ts';
import { scriptedPlan } from '../support/plans.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { ScriptedService } from '../support/scripted-service.ts';
import { scriptedWorld } from '../support/scripted-world.ts';
import { testEnv } from '../support/temporal.ts';

const DEPLOYMENT = 'cutover-test';
const TASK_QUEUE = 'versioned';
/** Does one thing more than the real workflow: a switch of the real one fails on it for nondeterminism. */
const CHANGED = fileURLToPath(new URL('../replay/changed-workflow.ts', import.meta.url));
const { WorkerDeploymentVersionStatus: STATUS } = proto.temporal.api.enums.v1;

let server: TemporalServer;
let connected: Connected;
const services = new Map<string, ScriptedService>();
const closers: (() => Promise<unknown>)[] = [];

before(async () => {
  installRuntime('ERROR');
  server = await startTemporalServer({
    env: testEnv(),
    headless: true,
    // How long a build without switches is still called draining: minutes by default.
    dynamicConfig: {
      'matching.wv.VersionDrainageStatusVisibilityGracePeriod': '1s',
      'matching.wv.VersionDrainageStatusRefreshInterval': '1s',
    },
  });
  connected = await connect({ address: server.address, namespace: server.namespace });
});

after(async () => {
  for (const close of closers.splice(0)) await close();
  await connected.close();
  await server.close();
});

/** A worker of that build, as `cutover worker --deployment --build-id` runs it. */
async function startBuild(buildId: string, workflow: WorkflowSource): Promise<() => Promise<void>> {
  const { worker, close } = await createSwitchWorker({
    address: server.address,
    namespace: server.namespace,
    taskQueue: TASK_QUEUE,
    world: scriptedWorld(services),
    env: {},
    build: { deployment: DEPLOYMENT, buildId },
    workflow,
  });
  const running = worker.run();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      worker.shutdown();
      await running;
      await close();
    })());
  closers.push(stop);
  return stop;
}

async function eventually<T>(ask: () => Promise<T | null>, what: string): Promise<T> {
  const untilMs = Date.now() + 60_000;
  for (;;) {
    const got = await ask().catch((error: unknown) => {
      if (Date.now() > untilMs) throw error;
      return null;
    });
    if (got !== null) return got;
    assert.ok(Date.now() < untilMs, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What `temporal worker deployment set-current-version` does; the version is known once a worker of it polls. */
const { TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;

async function makeCurrent(buildId: string): Promise<void> {
  const { namespace } = server;
  const set = { namespace, deploymentName: DEPLOYMENT, buildId, identity: 'test' };
  await eventually(
    () => connected.connection.workflowService.setWorkerDeploymentCurrentVersion(set),
    `build ${buildId} is current`,
  );
  // The queue learns of it a moment later than the deployment, and it is the queue that hands out tasks.
  for (const taskQueueType of [TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY]) {
    await eventually(async () => {
      const { versioningInfo } = await connected.connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: TASK_QUEUE },
        taskQueueType,
      });
      assert.equal(versioningInfo?.currentDeploymentVersion?.buildId, buildId);
    }, `the queue knows build ${buildId}`);
  }
}

async function start(name: string): Promise<RunningSwitch> {
  const service = services.get(name) ?? new ScriptedService(name);
  services.set(name, service);
  const plan = await scriptedPlan(name);
  const { connection } = connected;
  const { namespace } = server;
  const handle = await startSwitch(new Client({ connection: withTimeSkipping(connection), namespace }), {
    plan,
    planDigest: planDigest(plan),
    by: 'ana@test',
    taskQueue: TASK_QUEUE,
  });
  return new RunningSwitch({ handle, service, connection, namespace });
}

async function buildRunning({ handle }: RunningSwitch): Promise<string> {
  const { raw } = await handle.describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? 'none';
}

void describe('two builds of the worker (F8)', () => {
  void it('a switch ends on the build it began on, a new one begins on the current build, a drained build stops', async () => {
    const stopFirst = await startBuild('1', { workflowBundle: { codePath: await cachedBundle() } });
    await makeCurrent('1');
    const service = new ScriptedService('old');
    services.set('old', service);
    const held = service.stopAt('gate:hold');
    const old = await start('old');
    await held.reached;

    await startBuild('2', { workflowsPath: CHANGED });
    await makeCurrent('2');
    const young = await start('young');
    assert.equal((await young.outcome()).kind, 'completed');
    assert.equal(await buildRunning(young), '2');

    held.go();
    assert.equal((await old.outcome()).kind, 'completed');
    assert.equal(await buildRunning(old), '1');
    const { events } = await old.handle.fetchHistory();
    const failed = (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes);
    assert.deepEqual(failed, [], 'no build was asked for a switch of another one');

    const version = { deploymentName: DEPLOYMENT, buildId: '1' };
    const request = { namespace: server.namespace, deploymentVersion: version };
    await eventually(async () => {
      const { workerDeploymentVersionInfo: info } =
        await connected.connection.workflowService.describeWorkerDeploymentVersion(request);
      return info?.status === STATUS.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED ? info : null;
    }, 'build 1 is drained');
    await stopFirst();
    assert.equal((await (await start('last')).outcome()).kind, 'completed');
  });

  void it('a switch can be told to go on under a newer build that replays it', async () => {
    const same = { workflowBundle: { codePath: await cachedBundle() } };
    const stopThird = await startBuild('3', same);
    await makeCurrent('3');
    const service = new ScriptedService('moved');
    services.set('moved', service);
    const held = service.stopAt('gate:hold');
    const moved = await start('moved');
    await held.reached;
    await startBuild('4', same);
    await makeCurrent('4');
    // `temporal workflow update-options --versioning-override-behavior auto_upgrade`
    const { workflowId } = moved.handle;
    await connected.connection.workflowService.updateWorkflowExecutionOptions({
      namespace: server.namespace,
      workflowExecution: { workflowId },
      workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
      updateMask: { paths: ['versioning_override'] },
    });
    held.go();
    assert.equal((await moved.outcome()).kind, 'completed');
    assert.equal(await buildRunning(moved), '4');
    await stopThird();
  });

  void it('a worker is unversioned unless a deployment is named; its build is the package’s by default', () => {
    assert.equal(buildOf({}), null);
    assert.equal(buildOf({ CUTOVER_DEPLOYMENT: '', CUTOVER_BUILD_ID: '' }), null);
    assert.deepEqual(buildOf({ CUTOVER_DEPLOYMENT: 'cutover' }), { deployment: 'cutover' });
    assert.deepEqual(namedBuild('cutover', '7', '--deployment'), { deployment: 'cutover', buildId: '7' });
    assert.throws(() => buildOf({ CUTOVER_BUILD_ID: '7' }), {
      name: 'UserError',
      message: /CUTOVER_DEPLOYMENT/,
    });
  });
});
