/** What a switch survives: no worker at all, a worker that forgets everything at each task, a second start, other replies. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RefusedError } from '../../src/domain/errors.ts';
import { ALL_STAGES } from '../support/running-switch.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

void describe('without a worker', { concurrency: 2 }, () => {
  void test('a rollback signalled by the stock CLI is kept, and takes effect when one starts', async () => {
    const taskQueue = `away-${process.pid}`;
    const first = await switches.worker(taskQueue);
    const one = await switches.start('signalled with no worker', { skip: false, taskQueue });
    await one.until('hold-started', (event) => event.step === 'canary 1 %');
    await first.close();
    await one.cli('rollback', { by: 'ana', reason: 'no worker', commandId: 'r1' });
    assert.equal(one.service.edge?.weightPercent, 1);
    await switches.worker(taskQueue);
    assert.equal((await one.rolledBack()).reason, 'ana: no worker');
    one.assertAllOnFrom();
  });

  void test('a command is recorded, and says that nobody answers', async () => {
    const taskQueue = `late-${process.pid}`;
    const one = await switches.start('commanded with no worker', { taskQueue });
    const answer = await one.send('pause');
    assert.deepEqual(answer, {
      answered: false,
      way: 'signal',
      answer: 'pause is accepted by signal; no worker answered yet, it takes effect when one runs',
    });
    await switches.worker(taskQueue);
    await one.until('waiting', (event) => event.wait.kind === 'paused');
    const paused = (await one.events()).filter((event) => event.type === 'commanded');
    assert.equal(paused.length, 1, 'its Update and its Signal are one command');
  });
});

void test('a worker that keeps nothing in memory replays a whole switch at every task, to the same end', async () => {
  const taskQueue = `forgetful-${process.pid}`;
  await switches.worker(taskQueue, { maxCachedWorkflows: 0 });
  const one = await switches.start('replayed at every task', { taskQueue });
  assert.equal((await one.outcome()).kind, 'completed');
  assert.deepEqual(await one.stagesPassed(), ALL_STAGES);
});

void test('a second start for the same service is refused with who, since when and where', async () => {
  const one = await switches.start('locked');
  const held = one.service.stopAt('gate:shadow');
  await held.reached;
  const { runId, startTime } = await one.handle.describe();
  await assert.rejects(switches.startAgain(one), (error: unknown) => {
    assert.ok(error instanceof RefusedError);
    assert.match(error.message, /is switching already: started by ana@test at /);
    assert.ok(error.message.includes(startTime.toISOString()), error.message);
    assert.ok(error.message.includes(`run ${runId} in namespace default`), error.message);
    return true;
  });
  held.go();
  assert.equal((await one.outcome()).kind, 'completed');
});

void test('a second start after the end is a new run, and the first one is still there to read', async () => {
  const one = await switches.start('twice', { script: (service) => (service.verdict = () => 'fail') });
  await one.rolledBack();
  const first = (await one.handle.describe()).runId;
  const again = await switches.startAgain(one);
  assert.notEqual((await again.describe()).runId, first);
  assert.equal((await again.result()).kind, 'rolled-back');
});
