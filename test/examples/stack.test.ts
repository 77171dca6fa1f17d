/**
 * The whole demo under traffic, switched by hand-written configs: what an engine does, without the engine.
 * Proves that service, edge, queues, traffic and checker agree, for a completed switch and for a rollback.
 */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import type { EdgeConfig, EdgeConfigPatch } from '../../src/domain/edge-config.ts';
import { sqsClient } from '../../examples/docs-rag/queues/sqs.ts';
import { callJson, sleep } from '../../examples/docs-rag/shared/http.ts';
import { startStack } from '../../examples/docs-rag/stack.ts';
import type { Stack } from '../../examples/docs-rag/stack.ts';
import { dump, until } from './service-kit.ts';

const USERS = 60;
/** What a busy machine may take, ms. */
const SLOW_MS = 40_000;

function start(): Promise<Stack> {
  return startStack({
    dir: mkdtempSync(join(tmpdir(), 'stack-')),
    regions: ['eu', 'us'],
    traffic: { users: USERS },
    visibilityTimeoutS: 3,
  });
}

function infraOf({ infra }: Stack): NonNullable<Stack['infra']> {
  assert.ok(infra !== null);
  return infra;
}

/** One compare-and-set, then until every region serves it. */
async function write(stack: Stack, patch: EdgeConfigPatch): Promise<void> {
  const headers = { authorization: `Bearer ${stack.tokens.edgeAdmin}`, 'content-type': 'application/json' };
  const url = `${stack.entries[0]?.url}/__cutover/store`;
  const { stored } = (await callJson(url, undefined, headers)) as { stored: EdgeConfig };
  const next = nextEdgeConfig(stored, patch, 'test');
  const body = JSON.stringify({ next, idempotencyKey: `test/${next.generation}` });
  const response = await fetch(url, { method: 'PUT', headers, body, signal: AbortSignal.timeout(10_000) });
  assert.equal(response.status, 200, await response.text());
  for (const entry of stack.entries) {
    await until(
      async () =>
        (await callJson(`${entry.url}/__cutover/config`, undefined, headers)) as { generation: number },
      (seen) => seen.generation === next.generation,
    );
  }
  await sleep(300);
}

function drained(stack: Stack, color: 'blue' | 'green'): Promise<unknown> {
  return until(
    () => dump(infraOf(stack).store),
    (d) => d.queues.some((q) => q.name === `jobs-${color}` && q.ready + q.inFlight === 0),
    SLOW_MS,
  );
}

type Stats = Awaited<ReturnType<Stack['traffic']['stats']>>;

/** A busy machine has fewer requests a second: wait for what they must have met, not for seconds. */
function met(stack: Stack, holds: (seen: Stats) => boolean): Promise<Stats> {
  return until(() => stack.traffic.stats(), holds, SLOW_MS);
}

/** Every user has been answered by `color` since now, or nearly. */
async function moved(stack: Stack, color: 'blue' | 'green'): Promise<void> {
  const before = await stack.traffic.stats();
  await met(stack, ({ byColor }) => byColor[color] > before.byColor[color] + 3 * USERS);
}

/** The backfill guard's job: what is left moves on with its key. */
async function move(stack: Stack, from: 'blue' | 'green', to: 'blue' | 'green'): Promise<void> {
  const { queue } = infraOf(stack);
  assert.ok(queue.use === 'sqs');
  const sqs = sqsClient(queue.endpoint);
  const QueueUrl = queue[from].url;
  while (true) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) break;
    for (const m of Messages) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queue[to].url, MessageBody: m.Body }));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: m.ReceiptHandle }));
    }
  }
  sqs.destroy();
}

/** Command lines of any process of this machine that hold a secret of the stack: every user can read them. */
async function secretsInSight(stack: Stack): Promise<string[]> {
  const { edgeAdmin, colorAdmin, pinSecrets } = stack.tokens;
  const names = await readdir('/proc').catch(() => []);
  const lines = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')),
  );
  // Proof that there was something to look at, where the system tells.
  if (names.length > 0) assert.ok(lines.some((line) => line.includes('docs-rag')));
  return lines.filter((line) => [edgeAdmin, colorAdmin, ...pinSecrets].some((one) => line.includes(one)));
}

const frozen = (ms: number): EdgeConfigPatch => ({ freezeUntilMs: Date.now() + ms });

void test('a switch under traffic loses nothing, doubles nothing, moves nobody back and shows no secret (D12)', async () => {
  const stack = await start();
  try {
    assert.deepEqual(await secretsInSight(stack), [], 'a secret stands in a command line (D12)');
    await stack.traffic.start(60);
    await sleep(1_500);
    await write(stack, { weightPercent: 25, salt: 's1' });
    await sleep(1_500);
    await write(stack, { weightPercent: 60 });
    await met(stack, ({ byColor }) => byColor.green > 100 && byColor.blue > 100);
    await write(stack, frozen(60_000));
    await met(stack, ({ refused }) => refused > 0);
    await drained(stack, 'blue');
    await write(stack, {
      weightPercent: 100,
      producer: 'green',
      writes: { blue: 'read-only', green: 'open' },
      freezeUntilMs: null,
    });
    await sleep(2_000);
    const verdict = await stack.ledgerCheck('completed');
    assert.deepEqual(
      verdict.checks.filter((c) => !c.ok),
      [],
    );
    const asRollback = await stack.ledgerCheck('rolled-back');
    assert.equal(asRollback.ok, true, 'nobody went back, which a rollback allows');
  } finally {
    await stack.close();
  }
});

void test('a rollback in mid-ramp with a broken green ends where it began', async () => {
  const stack = await start();
  try {
    await stack.traffic.start(60);
    await sleep(1_000);
    await write(stack, { weightPercent: 50, salt: 's1' });
    await stack.setFault('new-error-class');
    await met(stack, ({ retried }) => retried > 0);
    await write(stack, frozen(60_000));
    await drained(stack, 'blue');
    await write(stack, {
      weightPercent: 100,
      producer: 'green',
      writes: { blue: 'read-only', green: 'open' },
      freezeUntilMs: null,
    });
    await moved(stack, 'green');
    await write(stack, {
      weightPercent: 0,
      producer: 'blue',
      writes: { blue: 'open', green: 'read-only' },
    });
    await moved(stack, 'blue');
    await move(stack, 'green', 'blue');
    await sleep(2_000);
    const verdict = await stack.ledgerCheck('rolled-back');
    assert.deepEqual(
      verdict.checks.filter((c) => !c.ok),
      [],
    );
    const asCompleted = await stack.ledgerCheck('completed');
    assert.deepEqual(
      asCompleted.checks.filter((c) => !c.ok).map((c) => c.name),
      ['color-monotone'],
    );
  } finally {
    await stack.close();
  }
});
