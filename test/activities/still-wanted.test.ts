/** An attempt that slept through its heartbeat, on a real server: it is told that nobody waits for it, and does not write. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../../src/activities/api.ts';
import { mapped, stillWanted } from '../../src/activities/attempt.ts';
import { installRuntime } from '../../src/telemetry.ts';
import { sharedServer } from '../support/temporal.ts';

void describe('stillWanted', () => {
  void it('ends an attempt that the server gave up while its process stood still; the next one writes (F3)', async () => {
    installRuntime('ERROR');
    const { address, namespace } = await sharedServer();
    const connection = await NativeConnection.connect({ address });
    const written: number[] = [];
    const refused: unknown[] = [];
    const write = async (): Promise<string> => {
      const { attempt } = activityInfo();
      // The whole process stands still, its heartbeats too.
      if (attempt === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
      try {
        await stillWanted();
      } catch (cause) {
        refused.push(cause instanceof ApplicationFailure ? cause.type : cause);
        throw cause;
      }
      written.push(attempt);
      return 'written';
    };
    const taskQueue = `zombie-${process.pid}`;
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      activities: mapped({ write } as unknown as Activities),
      workflowBundle: await bundleWorkflowCode({
        workflowsPath: fileURLToPath(new URL('edge/zombie-workflow.ts', import.meta.url)),
        logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
      }),
    });
    const outside = await Connection.connect({ address });
    const client = new Client({ connection: outside, namespace });
    await worker.runUntil(async () => {
      const answer = await client.workflow.execute('zombie', { taskQueue, workflowId: taskQueue });
      assert.equal(answer, 'written');
    });
    await Promise.all([outside.close(), connection.close()]);
    // A second one may have been given out, and up, while the process stood still.
    assert.deepEqual(new Set(refused), new Set(['Zombie']));
    assert.deepEqual(written, [refused.length + 1]);
  });
});
