/** The sample service from outside: answers, streams, cold starts, its health contract, and what it refuses to write. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HealthContract } from '../../src/domain/health.ts';
import type { InfraReady } from '../../examples/docs-rag/infra/server.ts';
import type { RunningService } from '../../examples/docs-rag/service/server.ts';
import { callJson } from '../../examples/docs-rag/shared/http.ts';
import { ADMIN, dump, infra, post, routed, service } from './service-kit.ts';

const ASK = { question: 'How do I create an AUTOINCREMENT field?', seed: 1 };

interface Answer {
  readonly answer: string;
  readonly refusal: boolean;
  readonly citations?: readonly { section_id: string }[];
  readonly retrieved: readonly {
    section_id: string;
    text: string;
    offsets: { start: number; end: number };
  }[];
  readonly index: { readonly INDEX_HASH: string };
  readonly cold_start: boolean;
  readonly instance_id: string;
  readonly dialog?: { readonly id: string; readonly turn: number };
}

async function ask(url: string, body: object, headers?: Record<string, string>): Promise<Answer> {
  const response = await post(`${url}/v1/answer`, body, headers);
  assert.equal(response.status, 200);
  return (await response.json()) as Answer;
}

async function health(url: string): Promise<HealthContract> {
  return (await callJson(`${url}/.well-known/cutover`)) as HealthContract;
}

void describe('answers', () => {
  let blue: RunningService;
  let green: RunningService;
  before(async () => {
    [blue, green] = await Promise.all([service('blue', null), service('green', null)]);
  });
  after(async () => {
    await Promise.all([blue.close(), green.close()]);
  });

  void test('the first request pays for the start of an instance, the next one does not', async () => {
    const first = await post(`${blue.ready.url}/v1/answer`, ASK);
    assert.equal(first.headers.get('x-cold-start'), '1');
    const second = await post(`${blue.ready.url}/v1/answer`, ASK);
    assert.equal(second.headers.get('x-cold-start'), '0');
    assert.equal(second.headers.get('x-instance-id'), first.headers.get('x-instance-id'));
    assert.equal(second.headers.get('x-route'), 'answer');
    assert.deepEqual(
      [((await first.json()) as Answer).cold_start, ((await second.json()) as Answer).cold_start],
      [true, false],
    );
  });

  void test('carry citations, snippets with offsets, and the identity of the index', async () => {
    const answer = await ask(blue.ready.url, ASK);
    assert.equal(answer.refusal, false);
    assert.equal(answer.retrieved.length, 5);
    assert.ok(answer.citations?.every((c) => answer.retrieved.some((r) => r.section_id === c.section_id)));
    for (const r of answer.retrieved) assert.ok(r.offsets.end > r.offsets.start && r.text.length > 0);
    assert.equal(answer.index.INDEX_HASH, blue.ready.INDEX_HASH);
    assert.notEqual(blue.ready.INDEX_HASH, green.ready.INDEX_HASH);
  });

  void test('stream as deltas, the whole answer, and a terminator', async () => {
    const response = await post(`${blue.ready.url}/v1/answer`, { ...ASK, stream: true });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const events = (await response.text()).trimEnd().split('\n\n');
    assert.equal(events.at(-1), 'data: [DONE]');
    const { final } = JSON.parse((events.at(-2) ?? '').slice(6)) as { final: Answer };
    const deltas = events.slice(0, -2).map((e) => (JSON.parse(e.slice(6)) as { delta: string }).delta);
    assert.ok(deltas.length > 2);
    assert.equal(deltas.join(''), final.answer);
  });

  void test('the cacheable answer says whose it is in its text', async () => {
    const response = await fetch(`${green.ready.url}/answer?q=${encodeURIComponent(ASK.question)}`);
    assert.match(response.headers.get('cache-control') ?? '', /public, max-age=300/);
    const body = (await response.json()) as Answer & { color: string };
    assert.equal(body.color, 'green');
    assert.ok(body.answer.includes(green.ready.INDEX_HASH.slice(0, 12)));
  });

  void test('warm pings sent together warm an instance each and count nothing', async () => {
    const before = (await health(green.ready.url)).counters;
    const pings = await Promise.all(
      [1, 2, 3].map(() => fetch(green.ready.url, { headers: { 'x-warm': '1' } }).then((r) => r.json())),
    );
    assert.equal(new Set((pings as Answer[]).map((p) => p.instance_id)).size, 3);
    const now = await health(green.ready.url);
    assert.equal(now.capacity?.ready, 3);
    assert.deepEqual(now.counters, before);
  });

  void test('both colors have the same environment, as fingerprints', async () => {
    const [b, g] = await Promise.all([health(blue.ready.url), health(green.ready.url)]);
    assert.deepEqual(b.env, g.env);
    assert.ok(Object.values(b.env ?? {}).every((v) => /^[0-9a-f]{16}$/.test(v)));
    assert.notEqual(b.cachePrefix, g.cachePrefix);
    assert.ok((b.secrets?.edge.length ?? 0) >= 2);
  });

  void test('bad input is refused with the reason', async () => {
    assert.equal((await post(`${blue.ready.url}/v1/answer`, { question: '' })).status, 400);
    assert.equal(
      (await post(`${blue.ready.url}/v1/answer`, { ...ASK, question: 'x'.repeat(300_000) })).status,
      413,
    );
    assert.equal((await fetch(`${blue.ready.url}/nowhere`)).status, 404);
  });
});

void describe('faults', () => {
  let green: RunningService;
  const fault = (name: string): Promise<Response> => post(`${green.ready.url}/__fault`, { name }, ADMIN);
  before(async () => {
    green = await service('green', null);
  });
  after(() => green.close());

  void test('need the admin token', async () => {
    assert.equal((await post(`${green.ready.url}/__fault`, { name: 'none' })).status, 401);
    assert.equal((await fault('no-such-fault')).status, 400);
  });

  void test('bad-index serves other sections under the right identity', async () => {
    const good = await ask(green.ready.url, ASK);
    await fault('bad-index');
    const bad = await ask(green.ready.url, ASK);
    const ids = new Set(good.retrieved.map((r) => r.section_id));
    assert.ok(bad.retrieved.every((r) => !ids.has(r.section_id)));
    assert.equal(bad.index.INDEX_HASH, good.index.INDEX_HASH);
  });

  void test('schema-break drops a field from some questions, the same ones every time', async () => {
    await fault('schema-break');
    const broken = async (): Promise<boolean[]> =>
      Promise.all(
        Array.from({ length: 12 }, async (_, i) => {
          const answer = await ask(green.ready.url, { question: `what is a page ${i}?` });
          return answer.citations === undefined;
        }),
      );
    const seen = await broken();
    assert.ok(seen.includes(true) && seen.includes(false));
    assert.deepEqual(await broken(), seen);
  });

  void test('stream-error: for some questions the stream carries an error and ends as it should (B6)', async () => {
    await fault('stream-error');
    const bodies = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const answer = await post(`${green.ready.url}/v1/answer`, {
          question: `what is a page ${i}?`,
          stream: true,
        });
        return [answer.status, await answer.text()] as const;
      }),
    );
    await fault('none');
    assert.ok(bodies.every(([status, body]) => status === 200 && body.endsWith('data: [DONE]\n\n')));
    const failed = bodies.filter(([, body]) => body.includes('event: error\n')).length;
    assert.ok(failed > 0 && failed < 20, String(failed));
  });

  void test('new-error-class cuts bodies off', async () => {
    await fault('new-error-class');
    const all = await Promise.all(
      Array.from({ length: 200 }, () =>
        ask(green.ready.url, ASK).then(
          () => 'ok',
          () => 'cut',
        ),
      ),
    );
    await fault('none');
    assert.ok(all.includes('cut') && all.includes('ok'));
  });
});

void describe('writes', () => {
  let back: { ready: InfraReady; close: () => Promise<void> };
  let blue: RunningService;
  const note = { id: 'n1', revision: 1, text: 'hello', user: 'u1' };
  before(async () => {
    back = await infra();
    blue = await service('blue', back.ready);
  });
  after(async () => {
    await blue.close();
    await back.close();
  });

  void test('a note is stored once, however often it is sent', async () => {
    const first = await post(`${blue.ready.url}/notes`, note, routed('blue'));
    const again = await post(`${blue.ready.url}/notes`, note, routed('blue'));
    assert.deepEqual([first.status, again.status], [201, 200]);
    const [a, b] = [(await first.json()) as { job_key: string }, (await again.json()) as { job_key: string }];
    assert.equal(a.job_key, b.job_key);
    assert.equal((await dump(back.ready.store)).notes.length, 1);
    const list = (await callJson(`${blue.ready.url}/notes?user=u1`)) as { notes: { text: string }[] };
    assert.deepEqual(
      list.notes.map((n) => n.text),
      ['hello'],
    );
  });

  void test('the same revision with another text is a conflict', async () => {
    const other = await post(`${blue.ready.url}/notes`, { ...note, text: 'other' }, routed('blue'));
    assert.equal(other.status, 422);
  });

  void test('a dialog counts its turns, and a retried turn keeps its number', async () => {
    const turn = (turn_key: string): Promise<Answer> =>
      ask(blue.ready.url, { ...ASK, dialog: 'd1', turn_key }, routed('blue'));
    assert.equal((await turn('a')).dialog?.turn, 1);
    assert.equal((await turn('b')).dialog?.turn, 2);
    assert.equal((await turn('b')).dialog?.turn, 2);
    assert.equal((await turn('c')).dialog?.turn, 3);
  });

  void test('without the router, in a freeze, and while read-only nothing is written', async () => {
    const refused = async (
      headers: Record<string, string>,
      path = '/notes',
    ): Promise<[number, string | null]> => {
      const body = path === '/notes' ? { ...note, id: 'n-refused' } : { ...ASK, dialog: 'd-refused' };
      const response = await post(`${blue.ready.url}${path}`, body, headers);
      return [response.status, response.headers.get('x-cutover-write')];
    };
    const lease = { 'x-cfg-gen': '2', 'x-cutover-freeze-until': String(Date.now() + 60_000) };
    assert.deepEqual(await refused({}), [503, 'frozen']);
    assert.deepEqual(await refused(routed('blue', lease)), [503, 'frozen']);
    assert.deepEqual(await refused(routed('blue', lease), '/v1/answer'), [503, 'frozen']);
    const readOnly = routed('blue', { 'x-cfg-gen': '3', 'x-cutover-writes': 'read-only' });
    assert.deepEqual(await refused(readOnly), [409, 'late']);
    // A region that has not heard of generation 3 yet cannot write around it.
    assert.deepEqual(await refused(routed('blue', { 'x-cfg-gen': '2' })), [409, 'late']);
    assert.equal((await health(blue.ready.url)).counters?.lateWrites, 2);
    assert.equal((await health(blue.ready.url)).configGeneration, 3);
    const store = await dump(back.ready.store);
    assert.ok(
      !store.notes.some((n) => n.id === 'n-refused') && !store.turns.some((t) => t.dialog === 'd-refused'),
    );
    const read = await post(`${blue.ready.url}/v1/answer`, ASK, readOnly);
    assert.equal(read.status, 200);
  });

  void test('a retired color takes no more writes and says so', async () => {
    const path = `${blue.ready.url}/.well-known/cutover/retire`;
    assert.equal((await post(path, {})).status, 401);
    assert.equal((await post(path, {}, ADMIN)).status, 200);
    assert.equal((await post(path, {}, ADMIN)).status, 200);
    const late = await post(`${blue.ready.url}/notes`, note, routed('blue', { 'x-cfg-gen': '9' }));
    assert.equal(late.status, 409);
    assert.deepEqual((await health(blue.ready.url)).capacity, { ready: 0, max: 0 });
  });
});
