/** Custom gates of kind `http`, against a real HTTP service that answers, polls, fails and lies. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { CustomResult } from '../../src/domain/look-input.ts';
import { httpGate } from '../../src/providers/http/gate.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { resolveProvider } from '../../src/providers/registry.ts';
import { customGatePortSuite, QUESTION, type Situation } from '../../src/conformance/gate.ts';
import { freePort } from '../probes/servers.ts';
import { serve, type Reply } from './http-server.ts';

const SECRET = 's3cret-of-the-judge';

function scope(env: Record<string, string> = {}): ProviderScope {
  const colorUrls = { blue: 'http://127.0.0.1:65499', green: 'http://127.0.0.1:65499' };
  return { service: 'docs', from: 'blue', to: 'green', entry: [], colorUrls, env };
}

const REPLIES: Readonly<Record<Exclude<Situation, 'gone'>, Reply>> = {
  good: { body: '{"status":"done","reason":"fine","from":0.9,"to":0.91,"n":300}' },
  bad: { body: '{"status":"failed","reason":"line 1\\nline 2","to":0.2,"n":300}' },
  'no-data': { body: '{"status":"inconclusive","reason":"no traffic yet"}' },
  'too-few': { body: '{"status":"done","n":3}' },
  broken: { status: 400, body: `bad request; you sent Bearer ${SECRET}` },
  nonsense: { body: '<html>done</html>' },
  hangs: { afterMs: 2500 },
};

customGatePortSuite('http', async () => {
  const server = await serve((asked) => REPLIES[asked.path.slice(1) as keyof typeof REPLIES]);
  return {
    port: httpGate({ use: 'http' }, scope({ GATE_SECRET: SECRET })),
    secret: SECRET,
    options: async (situation) => ({
      url: situation === 'gone' ? `http://127.0.0.1:${await freePort()}` : `${server.url}/${situation}`,
      ...(situation === 'hangs' ? { timeout: '300ms', wait: '400ms' } : { timeout: '10s', wait: '2s' }),
      ...(situation === 'too-few' ? { minSamples: 50 } : {}),
    }),
    seenAuthorization: () => server.asked.at(-1)?.headers['authorization'] ?? null,
    close: server.close,
  };
});

void describe('http gate', () => {
  const closers: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closers) await close();
  });

  /** Asks a service that gives these replies one after the other, the last one for ever. */
  async function answered(
    replies: readonly Reply[],
    options: Record<string, unknown> = {},
  ): Promise<{ result: CustomResult; server: Awaited<ReturnType<typeof serve>>; ms: number }> {
    let next = 0;
    const server = await serve(() => {
      next += 1;
      return replies[Math.min(next, replies.length) - 1] ?? {};
    });
    closers.push(server.close);
    const started = Date.now();
    const input = { ...QUESTION, options: { url: server.url, wait: '5s', ...options } };
    const result = await httpGate({ use: 'http' }, scope()).judge(input, { idempotencyKey: 'k' });
    return { result, server, ms: Date.now() - started };
  }

  const soon = { 'retry-after': '0' };
  const json = (value: object, headers: Record<string, string> = soon): Reply => ({
    body: JSON.stringify(value),
    headers,
  });

  void it('says what it asks: switch, service, step, colors and window', async () => {
    const { server } = await answered([json({ status: 'done' })]);
    const [asked] = server.asked;
    assert.equal(asked?.method, 'POST');
    assert.match(asked?.headers['content-type'] ?? '', /application\/json/);
    const { name: gate, ...rest } = QUESTION;
    assert.deepEqual(JSON.parse(asked?.body ?? ''), { ...rest, gate, service: 'docs' });
  });

  void it('polls what is in progress, with one key and at the pace it is told', async () => {
    const working = json({ status: 'in_progress' });
    const { result, server } = await answered([working, working, json({ status: 'done', n: 7 })]);
    assert.deepEqual(result, {
      name: 'mine',
      verdict: 'pass',
      reason: 'the service gave no reason',
      from: null,
      to: null,
      n: 7,
    });
    assert.equal(server.asked.length, 3);
    const keys = new Set(server.asked.map((one) => one.headers['idempotency-key']));
    assert.deepEqual([...keys], ['run-1/ramp 25 %/mine']);
  });

  void it('is inconclusive when the wait is over, without waiting past it', async () => {
    const working = json({ status: 'in_progress', reason: '3 of 9 done' });
    const { result, server, ms } = await answered([working], { wait: '2s' });
    assert.equal(result.verdict, 'inconclusive');
    assert.equal(result.reason, 'still in progress: 3 of 9 done');
    assert.ok(server.asked.length >= 3, String(server.asked.length));
    assert.ok(ms < 10_000, String(ms));
    const far = await answered([json({ status: 'in_progress' }, { 'retry-after': '3600' })]);
    assert.equal(far.result.verdict, 'inconclusive');
    assert.ok(far.ms < 4500, 'does not wait for a poll that would come too late');
  });

  void it('takes the words of ECS lifecycle hooks', async () => {
    for (const [hookStatus, verdict] of [
      ['SUCCEEDED', 'pass'],
      ['FAILED', 'fail'],
    ] as const) {
      const { result } = await answered([json({ hookStatus: 'IN_PROGRESS' }), json({ hookStatus })]);
      assert.equal(result.verdict, verdict);
    }
  });

  void it('asks again after a failure that may pass, three times in all', async () => {
    const down = { status: 503, headers: soon };
    const saved = await answered([down, { hangUp: true }, json({ status: 'done' })]);
    assert.equal(saved.result.verdict, 'pass');
    assert.equal(new Set(saved.server.asked.map((one) => one.headers['idempotency-key'])).size, 1);
    const lost = await answered([down]);
    assert.equal(lost.result.verdict, 'error');
    assert.match(lost.result.reason, /answered 503/);
    assert.equal(lost.server.asked.length, 3);
    const refused = await answered([{ status: 403 }]);
    assert.equal(refused.server.asked.length, 1, 'what cannot pass is not repeated');
  });

  void it('answers of the wrong shape are errors that say why', async () => {
    for (const [body, why] of [
      ['{"status":"maybe"}', /status: must be one of done, succeeded, failed/],
      ['{}', /status/],
      ['[]', /the answer/],
      ['{"status":"done","to":"high"}', /to: /],
      ['{"status":"done","n":-1}', /n: /],
      ['{"status":"done","to":1e999}', /to: /],
      [' ', /not JSON/],
    ] as const) {
      const { result } = await answered([{ body }]);
      assert.equal(result.verdict, 'error', body);
      assert.match(result.reason, why);
    }
  });

  void it('follows no redirect: headers must not travel elsewhere', async () => {
    const { result, server } = await answered([{ status: 302, headers: { location: '/elsewhere' } }]);
    assert.equal(result.verdict, 'error');
    assert.equal(server.asked.length, 1);
  });

  void it('bounds the answer and the reason', async () => {
    const huge = await answered([{ body: 'x'.repeat(2_000_000) }]);
    assert.match(huge.result.reason, /larger than/);
    const long = await answered([json({ status: 'done', reason: 'word '.repeat(900) })]);
    assert.equal(long.result.reason.length, 500);
  });

  void it('knows few samples: a pass needs a count, a fail it is sure of stands', async () => {
    const verdictOf = async (answer: object): Promise<string> =>
      (await answered([json(answer)], { minSamples: 50 })).result.verdict;
    assert.equal(await verdictOf({ status: 'done', n: 50 }), 'pass');
    assert.equal(await verdictOf({ status: 'done', n: 49 }), 'inconclusive');
    assert.equal(await verdictOf({ status: 'done' }), 'inconclusive');
    assert.equal(await verdictOf({ status: 'failed', n: 49 }), 'inconclusive');
    assert.equal(await verdictOf({ status: 'failed' }), 'fail');
  });

  void it('carries any step name in a header', async () => {
    const { server } = await answered([json({ status: 'done' })]);
    closers.push(server.close);
    const input = { ...QUESTION, step: 'rampe 25 % – zürich\r\nx: y', options: { url: server.url } };
    await httpGate({ use: 'http' }, scope()).judge(input, { idempotencyKey: 'k' });
    const key = String(server.asked.at(-1)?.headers['idempotency-key']);
    assert.equal(key, 'run-1/rampe 25 % %E2%80%93 z%C3%BCrich%0D%0Ax: y/mine');
  });

  void it('is what the provider `http` opens for gates', async () => {
    const provider = await resolveProvider('http');
    assert.equal(typeof provider.gate, 'function');
    assert.equal(typeof provider.color, 'function');
  });
});
