/**
 * The engine under test, loaded from a folder of sources: the tree's own, or a copy with one deliberate break. Everything that is
 * run of it comes from that folder, so classes are the same on both sides of a port.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { activityInfo, Context } from '@temporalio/activity';
import type * as ActivitiesModule from '../../src/activities/index.ts';
import type * as ErrorsModule from '../../src/domain/errors.ts';
import type * as LoadModule from '../../src/plan/load.ts';
import type * as StartModule from '../../src/client/start.ts';
import type { Activities } from '../../src/activities/api.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Targets } from '../../src/domain/targets.ts';
import { quick, quickBundle } from '../../test/support/bundle.ts';
import { worldOf } from './world/index.ts';
import { zombies, type Fail, type Service } from './world/service.ts';

/** What a worker that stood still has to say is no news. */
const SILENT = new DefaultLogger('ERROR', () => undefined);

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Patch {
  /** Below `src`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Engine {
  readonly loadPlan: typeof LoadModule.loadPlan;
  readonly startSwitch: typeof StartModule.startSwitch;
  readonly fail: Fail;
  readonly bundle: string;
  readonly activities: (services: ReadonlyMap<string, Service>) => Activities;
  readonly drop: () => void;
}

/** @throws Error when a patch does not fit exactly once */
export async function loadEngine(patches: readonly Patch[] = []): Promise<Engine> {
  const src = patches.length === 0 ? join(ROOT, 'src') : patched(patches);
  const from = (file: string): Promise<unknown> => import(pathToFileURL(join(src, file)).href);
  const [activities, errors, plan, start] = (await Promise.all(
    ['activities/index.ts', 'domain/errors.ts', 'plan/load.ts', 'client/start.ts'].map(from),
  )) as [typeof ActivitiesModule, typeof ErrorsModule, typeof LoadModule, typeof StartModule];
  const { code } = patches.length === 0 ? await quickBundle() : quick(await bundled(src));
  return {
    loadPlan: plan.loadPlan,
    startSwitch: start.startSwitch,
    fail: (kind, message, retryAfterMs) =>
      new errors.ProviderError(kind, 'sim', message, retryAfterMs === undefined ? {} : { retryAfterMs }),
    bundle: code,
    activities: (services) => doubled(activities.createActivities(worldOf(services), {}), services),
    drop: () => {
      if (patches.length > 0) rmSync(join(src, '..'), { recursive: true, force: true });
    },
  };
}

async function bundled(src: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(src, 'workflows', 'index.ts'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  return code;
}

/** A worker that serves every world; few `cached` make it replay at most tasks. */
export async function runWorker(
  engine: Engine,
  services: ReadonlyMap<string, Service>,
  { address, taskQueue, cached }: { address: string; taskQueue: string; cached: number },
): Promise<() => Promise<void>> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    activities: engine.activities(services),
    workflowBundle: { code: engine.bundle },
    maxCachedWorkflows: cached,
    maxConcurrentActivityTaskExecutions: 200,
    workflowThreadPoolSize: 1,
    shutdownForceTime: '5 seconds',
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
}

/** What activities are told of their switch, in one way or the other; one that asks about the server is told nothing. */
type Input = { readonly targets?: Targets; readonly plan?: Plan } | undefined;

/** Runs an attempt a second time beside the first where the scenario wants a worker that stopped and went on much later. */
function doubled(activities: Activities, services: ReadonlyMap<string, Service>): Activities {
  const entries = Object.entries(activities).map(
    ([name, perform]: [string, (input: Input) => Promise<unknown>]) => [
      name,
      async (input: Input) => {
        const service = input?.targets?.service ?? input?.plan?.service;
        const zombie = services.get(service ?? '')?.zombieDue(name) ?? null;
        if (zombie !== null) {
          const attempt = new MockActivityEnvironment(
            { ...activityInfo() },
            { logger: SILENT, client: Context.current().client },
          );
          zombies.run(zombie, () => attempt.run(perform, structuredClone(input))).catch(() => undefined);
        }
        return perform(input);
      },
    ],
  );
  return Object.fromEntries(entries) as Activities;
}

function patched(patches: readonly Patch[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'cutover-broken-'));
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, find, replace } of patches) {
    const path = join(folder, 'src', file);
    const text = readFileSync(path, 'utf8');
    if (text.split(find).length !== 2) {
      rmSync(folder, { recursive: true });
      throw new Error(
        `${file}: the text to break stands there ${text.split(find).length - 1} times, not once:\n${find}`,
      );
    }
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return join(folder, 'src');
}
