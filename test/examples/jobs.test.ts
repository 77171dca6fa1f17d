/** Jobs are done exactly once: over retries, redelivery after a crash, moves between queues, and a killed store. */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { sqsClient } from '../../examples/docs-rag/queues/sqs.ts';
import type { InfraReady, StoreDump } from '../../examples/docs-rag/infra/server.ts';
import type { RunningService } from '../../examples/docs-rag/service/server.ts';
import { startChild } from '../../examples/docs-rag/shared/child.ts';
import { callJson, sleep } from '../../examples/docs-rag/shared/http.ts';
import { ADMIN, dump, infra, post, routed, service, until } from './service-kit.ts';

const quiet = (d: StoreDump): boolean => d.queues.every((q) => q.ready + q.inFlight + q.delayed === 0);

void describe('jobs', () => {
  let back: { ready: InfraReady; close: () => Promise<void> };
  let blue: RunningService;
  before(async () => {
    back = await infra({ visibilityTimeoutS: 1 });
    blue = await service('blue', back.ready, { visibilityTimeoutS: 1 });
  });
  after(async () => {
    await blue.close();
    await back.close();
  });
  const enqueue = async (source_id: string): Promise<string> => {
    const response = await post(`${blue.ready.url}/jobs`, { source_id, revision: 1 }, routed('blue'));
    assert.equal(response.status, 202);
    return ((await response.json()) as { job_key: string }).job_key;
  };
  const settled = (keys: readonly string[]): Promise<StoreDump> =>
    until(
      () => dump(back.ready.store),
      (d) => quiet(d) && keys.every((k) => d.done.some((j) => j.key === k)),
    );

  void test('enqueued twice, done once, with one effect', async () => {
    const key = await enqueue('doc-1');
    assert.equal(await enqueue('doc-1'), key);
    const d = await settled([key]);
    assert.equal(d.done.filter((j) => j.key === key).length, 1);
    assert.equal(d.effects.filter((e) => e.key === key).length, 1);
  });

  void test('redelivered after a crash between done and delete: deduped, its effect made up for', async () => {
    const { queue } = back.ready;
    assert.ok(queue.use === 'sqs');
    const sqs = sqsClient(queue.endpoint);
    const QueueUrl = queue.green.url;
    const key = 'crash-key';
    const job = { key, source_id: 'doc-2', revision: 1, index_hash: 'x' };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(job) }));
    // The consumer that crashes: it takes the message and writes the ledger, and is never heard of again.
    const taken = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    assert.equal(taken.Messages?.length, 1);
    await callJson(`${back.ready.store}/done`, {
      key,
      source_id: 'doc-2',
      revision: 1,
      color: 'green',
      tokens: 1,
    });
    const green = await service('green', back.ready, { visibilityTimeoutS: 1 });
    const d = await settled([key]);
    const counters = ((await callJson(`${green.ready.url}/.well-known/cutover`)) as { counters: object })
      .counters;
    await green.close();
    sqs.destroy();
    assert.equal(d.done.filter((j) => j.key === key).length, 1);
    assert.equal(d.effects.filter((e) => e.key === key).length, 1);
    assert.deepEqual(counters, {
      jobsDone: 0,
      jobsDeduped: 1,
      egressCalls: 1,
      egressFailures: 0,
      lateWrites: 0,
    });
  });

  void test('the producer color decides the queue, not the color that serves', async () => {
    const body = { source_id: 'doc-3', revision: 1 };
    const response = await post(
      `${blue.ready.url}/jobs`,
      body,
      routed('blue', { 'x-cutover-producer': 'green' }),
    );
    assert.equal(((await response.json()) as { topic: string }).topic, 'green');
    const d = await dump(back.ready.store);
    assert.equal(d.queues.find((q) => q.name === 'jobs-green')?.ready, 1);
    const green = await service('green', back.ready, { visibilityTimeoutS: 1 });
    await until(() => dump(back.ready.store), quiet);
    await green.close();
  });

  void test('queue-stuck keeps jobs in flight and dead-letters none; they are done when it is over', async () => {
    await post(`${blue.ready.url}/__fault`, { name: 'queue-stuck' }, ADMIN);
    await sleep(1_100);
    const key = await enqueue('doc-4');
    await sleep(3_000);
    const stuck = await dump(back.ready.store);
    assert.equal(stuck.queues.find((q) => q.name === 'jobs-blue')?.inFlight, 1);
    await post(`${blue.ready.url}/__fault`, { name: 'none' }, ADMIN);
    const d = await settled([key]);
    assert.equal(d.queues.find((q) => q.name === 'jobs-blue-dlq')?.ready, 0);
  });
});

void test('what the store acknowledged survives a kill', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'docs-rag-'));
  const module = new URL('../../examples/docs-rag/infra/main.ts', import.meta.url);
  const start = (): ReturnType<typeof startChild> =>
    startChild({ name: 'infra', module, settings: { store: { use: 'journal', dir } }, logDir: dir });
  const first = await start();
  const store = String(first.ready['store']);
  const acknowledged: string[] = [];
  const by = { color: 'blue', gen: 1, mode: 'open' };
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; ; i += 1) {
      const id = `n-${w}-${i}`;
      try {
        await callJson(`${store}/notes`, { id, revision: 1, text: 't', user: 'u', by });
        acknowledged.push(id);
      } catch {
        return;
      }
    }
  });
  await sleep(300);
  process.kill(first.pid, 'SIGKILL');
  await Promise.all(writers);
  const second = await start();
  const kept = new Set((await dump(String(second.ready['store']))).notes.map((n) => n.id));
  await second.close();
  assert.ok(acknowledged.length > 20);
  assert.deepEqual(
    acknowledged.filter((id) => !kept.has(id)),
    [],
  );
});
