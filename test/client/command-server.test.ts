/** Commands on a real server where Updates and Signals run out, where no worker is, and where the workflow task fails. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { NativeConnection, Worker } from '@temporalio/worker';
import { readStatus } from '../../src/client/status.ts';
import { installRuntime } from '../../src/telemetry.ts';
import type { RunningSwitch } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const LIMIT = 4;
const switches = openSwitches({
  dynamicConfig: { 'history.maxTotalUpdates': LIMIT, 'history.maximumSignalsPerExecution': LIMIT },
});

/** A switch in its canary hold that takes no Update any more. */
async function withoutUpdates(scenario: string): Promise<RunningSwitch> {
  const one = await switches.start(scenario);
  await one.service.stopAt('gate:canary 1 %').reached;
  for (let used = 0; used < LIMIT; used += 1) {
    const { way } = await one.send(used % 2 === 0 ? 'pause' : 'resume');
    assert.equal(way, 'update');
  }
  return one;
}

async function useUpSignals(one: RunningSwitch): Promise<void> {
  for (let used = 0; used < LIMIT; used += 1) await one.signal('nobody-knows-this');
}

describe('limits of the server (F4)', () => {
  it('all Updates used: the rollback finds a way and is done (F4)', async () => {
    const one = await withoutUpdates('no updates left');
    const { way } = await one.send('rollback', { reason: 'no updates left' });
    // A run near its limits continues as new, and takes Updates again.
    assert.ok(['update', 'signal'].includes(way), way);
    assert.equal((await one.rolledBack()).reason, 'ana: no updates left');
    one.assertAllOnFrom();
  });

  it('all Updates and Signals used: the rollback finds a way and is done (F4)', async () => {
    const one = await withoutUpdates('nothing left');
    await useUpSignals(one);
    await one.send('rollback', { reason: 'nothing left' });
    await one.rolledBack();
    one.assertAllOnFrom();
  });

  it('all Signals used: the Update still answers (F4)', async () => {
    const one = await switches.start('no signals left');
    await one.service.stopAt('gate:canary 1 %').reached;
    await useUpSignals(one);
    const { way } = await one.send('rollback');
    assert.equal(way, 'update');
    await one.rolledBack();
  });
});

describe('a switch whose workflow task fails (F4)', () => {
  it('takes the rollback, says why nothing happens yet, and does it under a worker that can (F4)', async () => {
    const taskQueue = `failing-${process.pid}`;
    const one = await switches.start('task fails', { taskQueue });
    installRuntime('ERROR');
    const { address, namespace } = await switches.connected();
    const connection = await NativeConnection.connect({ address });
    const broken = await Worker.create({
      connection,
      namespace,
      taskQueue,
      workflowsPath: fileURLToPath(new URL('broken-workflow.ts', import.meta.url)),
    });
    const running = broken.run();
    const { client } = await switches.connected();
    const service = one.handle.workflowId.replace(/^cutover\//, '');
    try {
      for (;;) {
        const { raw } = await one.handle.describe();
        if ((raw.pendingWorkflowTask?.attempt ?? 0) >= 2) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { way, answered, answer } = await one.send('rollback', { reason: 'red' });
      assert.deepEqual({ way, answered }, { way: 'signal', answered: false });
      assert.match(answer, /task keeps failing \(attempt \d+: this build cannot go on with that switch\)/);
      const status = await readStatus(client, service);
      assert.equal(status.state, null);
      assert.match(status.taskTrouble?.failure ?? '', /this build cannot go on/);
    } finally {
      broken.shutdown();
      await running;
      await connection.close();
    }
    await switches.worker(taskQueue);
    await one.rolledBack();
  });
});
