/** Steps as HTTP calls, against a real service that does them once for each key, answers late, refuses, and loses answers. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import { STEP, stepPortSuite } from '../../src/conformance/step.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { variablesOf } from '../../src/providers/needs.ts';
import { httpStep } from '../../src/providers/http/step.ts';
import type { ProviderScope, StepPort } from '../../src/ports/index.ts';
import { serve, type Asked, type Reply } from './http-server.ts';

const SECRET = 's3cret-of-the-deployer';

function scope(env: Record<string, string> = {}): ProviderScope {
  const colorUrls = { blue: 'http://127.0.0.1:65499', green: 'http://127.0.0.1:65499' };
  return { service: 'docs', from: 'blue', to: 'green', entry: [], colorUrls, env };
}

/** A receiver as the page on steps wants it: it knows what it did by the key, and refuses a key that was undone. */
function receiver() {
  const changes: ('do' | 'undo')[] = [];
  const done = new Set<string>();
  const undone = new Set<string>();
  return {
    changes,
    take: ({ headers }: Asked): Reply => {
      const key = String(headers['idempotency-key']);
      const undoes = headers['x-cutover-undoes'];
      if (typeof undoes === 'string') {
        if (done.has(undoes) && !undone.has(undoes)) changes.push('undo');
        undone.add(undoes);
        return { body: 'undone' };
      }
      if (undone.has(key)) return { status: 410, body: 'it was undone' };
      if (!done.has(key)) changes.push('do');
      done.add(key);
      return { body: 'done' };
    },
  };
}

stepPortSuite('http', async () => {
  const { changes, take } = receiver();
  let [isLosing, isHanging] = [false, false];
  const server = await serve((asked) => {
    const reply = take(asked);
    const [hangUp, afterMs] = [isLosing, isHanging ? 5000 : 0];
    isLosing = false;
    return { ...reply, hangUp, afterMs };
  });
  return {
    port: httpStep({ use: 'http', url: `${server.url}/up` }, scope()),
    undo: httpStep({ use: 'http', method: 'DELETE', url: `${server.url}/up` }, scope()),
    changes: async () => changes,
    loseAnswer: () => (isLosing = true),
    hang: () => (isHanging = true),
    keepsKeys: true,
    close: server.close,
  };
});

describe('http step', () => {
  const closers: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closers) await close();
  });

  async function opened(
    reply: Reply,
    options: Record<string, unknown> = {},
    env: Record<string, string> = {},
  ) {
    const server = await serve(() => reply);
    closers.push(server.close);
    const port = httpStep({ use: 'http', url: `${server.url}/alias?key=k`, ...options }, scope(env));
    return { port, server };
  }

  const perform = (port: StepPort) =>
    port.perform({ ...STEP, undoes: null }, { idempotencyKey: 'run-1/step/x/1' });

  async function failure(reply: Reply, options: Record<string, unknown> = {}): Promise<ProviderError> {
    const { port } = await opened(reply, options);
    const error = await perform(port).catch((cause: unknown) => cause);
    assert.ok(error instanceof ProviderError, String(error));
    return error;
  }

  it('sends who asks and why where the plan gives no body, and what the plan gives where it does', async () => {
    const plain = await opened({ body: 'ok' });
    assert.match(
      (await perform(plain.port)).detail,
      /^POST http:\/\/127\.0\.0\.1:\d+\/alias answered 200: ok$/,
    );
    assert.deepEqual(JSON.parse(plain.server.asked[0]?.body ?? ''), { ...STEP, undoes: null });
    const given = await opened({}, { method: 'PUT', body: { index: 'green' } });
    await perform(given.port);
    assert.equal(given.server.asked[0]?.body, '{"index":"green"}');
    const none = await opened({}, { method: 'GET' });
    await perform(none.port);
    assert.deepEqual(
      [none.server.asked[0]?.body, none.server.asked[0]?.headers['content-type']],
      ['', undefined],
    );
  });

  it('reads secrets where the worker runs, and says none back', async () => {
    const headers = { authorization: 'Bearer ${env:DEPLOY_TOKEN}', 'idempotency-key': 'mine' };
    const { port, server } = await opened(
      { body: `you sent ${SECRET}` },
      { headers },
      { DEPLOY_TOKEN: SECRET },
    );
    const { detail } = await perform(port);
    assert.ok(!detail.includes(SECRET), detail);
    assert.equal(server.asked[0]?.headers['authorization'], `Bearer ${SECRET}`);
    assert.equal(server.asked[0]?.headers['idempotency-key'], 'run-1/step/x/1', 'nobody can change the key');
    assert.throws(
      () => httpStep({ use: 'http', url: 'http://127.0.0.1:9', headers }, scope()),
      (error: unknown) => {
        assert.ok(error instanceof UserError);
        return /DEPLOY_TOKEN is not set/.test(error.message);
      },
    );
  });

  it('is asked for by name before a switch: each variable of its headers', async () => {
    const folder = fileURLToPath(new URL('../plan/files', import.meta.url));
    const { plan } = await loadPlan('ok-steps.yaml', { cwd: folder });
    const need = variablesOf(plan).find(({ oneOf }) => oneOf[0] === 'SEARCH_TOKEN');
    assert.deepEqual([need?.why, need?.isNeeded], ['in step alias', true]);
  });

  for (const [status, kind] of [
    [503, 'retry'],
    [429, 'retry'],
    [409, 'reread'],
    [403, 'fatal'],
    [302, 'fatal'],
    [422, 'fatal'],
  ] as const) {
    it(`${status} is ${kind}`, async () => {
      const error = await failure({ status, headers: { 'retry-after': '7', location: '/else' }, body: 'no' });
      assert.equal(error.kind, kind);
      assert.equal(error.retryAfterMs, 7000);
      assert.ok(!error.message.includes('key=k'), error.message);
    });
  }

  it('an answer that is not the expected one is not done yet, and is asked again', async () => {
    const status = await failure({ status: 202 }, { expect: { status: 200 } });
    assert.deepEqual([status.kind, status.message.endsWith('answered 202, not 200')], ['retry', true]);
    const at = { expect: { at: '/job/state', is: 'done' } };
    const running = await failure(
      { body: '{"job":{"state":"running"}}', headers: { 'retry-after': '2' } },
      at,
    );
    assert.deepEqual([running.kind, running.retryAfterMs], ['retry', 2000]);
    assert.match(running.message, /with "running" at \/job\/state, not "done"$/);
    assert.equal((await failure({ body: '{}' }, at)).kind, 'retry');
    assert.equal((await failure({ body: '<html>' }, at)).kind, 'fatal');
    const { port } = await opened({ body: '{"job":{"state":"done"}}' }, at);
    await perform(port);
    const gone = await opened({ status: 404 }, { expect: { status: [200, 404] } });
    await perform(gone.port);
  });

  it('an answer larger than anything that says "done" is refused, and one that never comes is given up', async () => {
    assert.match((await failure({ body: 'x'.repeat(2_000_000) })).message, /larger than 1048576 bytes/);
    const late = await failure({ afterMs: 3000 }, { timeout: '200ms' });
    assert.deepEqual([late.kind, /no answer within 200 ms/.test(late.message)], ['retry', true]);
  });
});
