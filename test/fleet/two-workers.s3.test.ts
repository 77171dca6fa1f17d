/**
 * Two workers that share nothing but Temporal and an object store: different folders, homes, temporary folders and installed packages.
 * Each look may run on either, so each must read what the other put.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startChild, type Child } from '../../examples/docs-rag/shared/child.ts';
import { verify } from '../../src/cli/commands/verify.ts';
import { connect, type Connected } from '../../src/client/connect.ts';
import { startSwitch } from '../../src/client/start.ts';
import type { Plan, ProviderRef } from '../../src/domain/plan.ts';
import { readReport } from '../../src/evidence/index.ts';
import { planDigest } from '../../src/plan/digest.ts';
import { runCommand } from '../cli/run-command.ts';
import { cachedBundle } from '../support/bundle.ts';
import { scriptedPlan } from '../support/plans.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { sharedS3, type S3Server } from '../support/s3-server.ts';
import { sharedServer } from '../support/temporal.ts';
import { installProvider, PACKAGE, startService, type SharedService } from './service.ts';

const TASK_QUEUE = `fleet-${process.pid}`;

let s3: S3Server;
let connected: Connected;
let shared: SharedService;
let root: string;
const workers: Child[] = [];

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'cutover-fleet-'));
  s3 = await sharedS3();
  const { address, namespace } = await sharedServer();
  connected = await connect({ address, namespace });
  shared = await startService('fleet');
  await Promise.all(['a', 'b'].map(async (name) => workers.push(await startWorker(name))));
});

after(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  shared.close();
  await connected.close();
  await rm(root, { recursive: true, force: true });
});

/** A machine: nothing of it is seen by another one. */
async function startWorker(name: string): Promise<Child> {
  const machine = join(root, name);
  const [cwd, home, temp] = ['work', 'home', 'tmp'].map((folder) => join(machine, folder));
  for (const folder of [cwd, home, temp]) await mkdir(folder ?? '', { recursive: true });
  await installProvider(cwd ?? '');
  return startChild({
    name: 'worker',
    module: new URL('worker-child.ts', import.meta.url),
    settings: { cwd, bundle: await cachedBundle(), taskQueue: TASK_QUEUE },
    logDir: join(machine, 'logs'),
    timeoutMs: 60_000,
    env: {
      ...s3.env,
      ...shared.env,
      HOME: home ?? '',
      TMPDIR: temp ?? '',
      XDG_CACHE_HOME: join(machine, 'cache'),
      TEMPORAL_ADDRESS: connected.address,
      TEMPORAL_NAMESPACE: connected.namespace,
    },
  });
}

async function start(evidence: ProviderRef): Promise<RunningSwitch> {
  const plan = await planWith(evidence);
  const handle = await startSwitch(connected.client, {
    plan,
    planDigest: planDigest(plan),
    by: 'ana@test',
    taskQueue: TASK_QUEUE,
  });
  const { connection, namespace } = connected;
  return new RunningSwitch({ handle, service: shared.service, connection, namespace });
}

/** Every stage in seconds of real time. */
async function planWith(evidence: ProviderRef): Promise<Plan> {
  const ref = { use: PACKAGE };
  const short = { forMs: 800, looks: 2 };
  const plan = await scriptedPlan('fleet', {
    providers: {
      edge: { store: ref, router: ref, traffic: null },
      color: ref,
      warmup: ref,
      telemetry: ref,
      queue: null,
      cache: null,
      notify: [],
      evidence,
    },
    customGates: [{ name: 'script', kind: PACKAGE, options: {} }],
    canary: short,
    cutover: { fenceMs: 300, quietMs: 100 },
    audit: short,
    hold: { forMs: 1_600, looks: 4, peak: null },
  });
  return {
    ...plan,
    colors: {
      blue: { ...plan.colors.blue, url: 'http://127.0.0.1:9' },
      green: { ...plan.colors.green, url: 'http://127.0.0.1:9' },
    },
    probes: { ...plan.probes, request: { ...plan.probes.request, via: 'direct' } },
    ramp: plan.ramp.map((step) => ({ ...step, ...short })),
  };
}

void describe('two workers with nothing in common but Temporal and an object store (F7)', () => {
  void it('complete a switch: every look reads what either of them put', async () => {
    const bucket = await s3.bucket();
    const running = await start({ use: 's3', bucket });
    const outcome = await running.outcome();
    assert.equal(outcome.kind, 'completed', JSON.stringify(await running.events()).slice(-3000));
    assert.equal(new Set(shared.judges).size, 2, 'both workers must have judged');
    const { switchId, plan } = await running.state();
    const address = outcome.kind === 'completed' ? (outcome.report ?? '') : '';
    assert.equal(address, `s3://${bucket}/${switchId}/report.md`);
    const known = { switchId, plan, named: { env: s3.env } };
    assert.match((await readReport(address, known)) ?? '', /outcome: \*\*completed/);
    const { code, lines } = await runCommand(verify, [switchId, '--dir', `s3://${bucket}`], s3.env);
    assert.equal(code, 0, lines.join('\n'));
  });

  void it('roll one back after the flip, though the worker that flipped is gone', async () => {
    shared.service.writes.length = 0;
    const running = await start({ use: 's3', bucket: await s3.bucket() });
    const held = shared.service.stopAt('gate:hold');
    await running.until('stage-entered', ({ stage }) => stage === 'hold');
    await held.reached;
    const holder = shared.judges.at(-1);
    const victim = workers.find(({ pid }) => pid === holder);
    assert.ok(victim !== undefined);
    process.kill(victim.pid, 'SIGKILL');
    await victim.exited;
    held.go();
    // The workflow may have been cached on the dead worker: the signal is accepted, the answer may be late.
    await running.send('rollback', { reason: 'the test says so' });
    const outcome = await running.rolledBack();
    assert.equal(shared.service.edge?.weightPercent, 0);
    assert.match(outcome.report ?? '', /^s3:/);
    workers.splice(workers.indexOf(victim), 1, await startWorker('c'));
  });

  void it('are refused a folder, which is each one’s own, before anything is changed', async () => {
    shared.service.writes.length = 0;
    const running = await start({ use: 'folder', path: 'evidence' });
    const outcome = await running.outcome();
    assert.equal(outcome.kind, 'refused', JSON.stringify(outcome));
    const findings = outcome.kind === 'refused' ? outcome.findings : [];
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'blocking').map(({ code }) => code),
      ['evidence-not-shared'],
    );
    assert.equal(shared.service.edge, null);
  });
});
