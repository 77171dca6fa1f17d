/**
 * Time skipping on the real server: a whole run, a fast-forward to just before a deadline, and a server without it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import {
  fastForward,
  supportsTimeSkipping,
  TimeSkippingUnsupportedError,
  virtualNow,
  withTimeSkipping,
} from '../../src/dev-server/time-skipping.ts';
import { sharedServer, testEnv } from '../support/temporal.ts';
import { admit, approve, gate, sleeper } from './waiting-workflows.ts';

const HOUR = 3_600_000;
const namespace = 'default';
const taskQueue = `time-skipping-${process.pid}`;
let connection: Connection;
let client: Client;
let skipping: Client;
let stopWorker: () => Promise<void>;

before(async () => {
  const { address } = await sharedServer();
  connection = await Connection.connect({ address });
  client = new Client({ connection });
  skipping = new Client({ connection: withTimeSkipping(connection) });
  const workerConnection = await NativeConnection.connect({ address });
  const workflowsPath = new URL('waiting-workflows.ts', import.meta.url).pathname;
  const worker = await Worker.create({ connection: workerConnection, taskQueue, workflowsPath });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
    await workerConnection.close();
  };
});
after(async () => {
  await stopWorker();
  await connection.close();
});

const id = (name: string): string => `cutover/${name}-${process.pid}`;

void test('a whole run of 8 hours takes seconds, by start, signal-with-start and update-with-start', async () => {
  const began = Date.now();
  const run = { taskQueue, args: [8 * HOUR] as [number] };
  const slept = await skipping.workflow.execute(sleeper, { ...run, workflowId: id('start') });
  const signalled = await skipping.workflow.signalWithStart(gate, {
    ...run,
    workflowId: id('signal'),
    signal: 'unknown',
  });
  const operation = new WithStartWorkflowOperation(sleeper, {
    ...run,
    workflowId: id('update'),
    workflowIdConflictPolicy: 'FAIL',
  });
  assert.equal(
    await skipping.workflow.executeUpdateWithStart(admit, { startWorkflowOperation: operation }),
    'admitted',
  );
  const updated = await (await operation.workflowHandle()).result();
  for (const ms of [slept, (await signalled.result()).atMs, updated])
    assert.ok(Math.abs(ms - 8 * HOUR) < 60_000, String(ms));
  assert.ok(Date.now() - began < 15_000);
});

void test('fast-forward to just before a deadline, act, and the deadline has not passed', async () => {
  const handle = await client.workflow.start(gate, { taskQueue, workflowId: id('gate'), args: [HOUR] });
  const target = { namespace, workflowId: handle.workflowId };
  assert.equal(await virtualNow(connection, target), undefined);
  const { startTime } = await handle.describe();
  assert.equal(await fastForward(connection, { ...target, byMs: HOUR - 30_000 }), 'reached');
  const now = await virtualNow(connection, target);
  const elapsed = (now?.getTime() ?? 0) - startTime.getTime();
  assert.ok(elapsed >= HOUR - 30_000 && elapsed < HOUR - 10_000, String(elapsed));
  await handle.signal(approve);
  const { approved, atMs } = await handle.result();
  assert.ok(approved && atMs < HOUR && atMs > HOUR - 31_000, String(atMs));
});

void test('fast-forward past the end says that the workflow ended', async () => {
  const handle = await client.workflow.start(gate, { taskQueue, workflowId: id('end'), args: [HOUR] });
  const target = { namespace, workflowId: handle.workflowId };
  assert.equal(await fastForward(connection, { ...target, byMs: 2 * HOUR }), 'ended');
  assert.equal((await handle.result()).approved, false);
});

void test('a server without time skipping is recognised and every call says what to do', async () => {
  assert.equal(await supportsTimeSkipping(connection), true);
  const dynamicConfig = { 'frontend.WorkflowTimeSkippingEnabled': false };
  await using plain = await startTemporalServer({ env: testEnv(), headless: true, dynamicConfig });
  const without = await Connection.connect({ address: plain.address });
  try {
    assert.equal(await supportsTimeSkipping(without), false);
    const start = new Client({ connection: withTimeSkipping(without) }).workflow.start(sleeper, {
      taskQueue,
      workflowId: id('refused'),
      args: [1],
    });
    await assert.rejects(start, (error: Error) => {
      const chain = [error, error.cause];
      return chain.some(
        (link) => link instanceof TimeSkippingUnsupportedError && /1\.32\.0 or newer/.test(link.message),
      );
    });
    const forward = fastForward(without, { namespace, workflowId: 'any', byMs: 1 });
    await assert.rejects(forward, TimeSkippingUnsupportedError);
  } finally {
    await without.close();
  }
});
