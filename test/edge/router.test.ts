/** The router on workerd: stickiness, headers, pins, fences. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bucketOf, decide } from '../../src/domain/bucket.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { signPin } from '../../src/domain/pin.ts';
import { startEdge, type EdgeUnderTest } from './support.ts';

interface Echo {
  readonly color: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function echo(answer: Response): Promise<Echo> {
  return (await answer.json()) as Echo;
}

describe('router', () => {
  let edge: EdgeUnderTest;
  let config: EdgeConfig;
  before(async () => {
    edge = await startEdge();
  });
  after(() => edge.close());

  it('before the first config everything goes to the default color, and writes are open', async () => {
    const answer = await edge.get('/x', { user: 'u1' });
    assert.equal(answer.headers.get('x-color'), 'blue');
    assert.equal(answer.headers.get('x-cfg-gen'), '0');
    assert.equal((await edge.get('/notes', { method: 'POST', user: 'u1', body: 'n' })).status, 200);
  });

  it('keeps every user where the pure function puts them, in every region, up and down', async () => {
    for (const weightPercent of [1, 25, 50, 25]) {
      config = await edge.set({ weightPercent });
      for (let i = 0; i < 60; i++) {
        const user = `user-${i}`;
        const expected = decide(config, { key: user, pin: null, nowMs: 0 }).color;
        const answer = await edge.get('/x', { user, region: i % 2 });
        assert.equal(answer.headers.get('x-color'), expected);
        assert.equal((await echo(answer)).color, expected);
      }
    }
  });

  it('strips what only the router may say, and says it', async () => {
    const forged = {
      'x-color': 'green',
      'x-cfg-gen': '999',
      'x-release': 'evil',
      'x-exp': 'green',
      'x-warm': '1',
      'x-cutover-writes': 'open',
      'x-cutover-kind': 'probe',
      'x-cutover-anything': 'x',
      'x-mine': 'kept',
    };
    await edge.set({ weightPercent: 0 });
    const { headers } = await echo(await edge.get('/x', { user: 'u1', headers: forged }));
    assert.equal(headers['x-color'], 'blue');
    assert.notEqual(headers['x-cfg-gen'], '999');
    assert.equal(headers['x-release'], 'r1');
    assert.equal(headers['x-cutover-kind'], 'user');
    assert.equal(headers['x-cutover-producer'], 'blue');
    assert.equal(headers['x-mine'], 'kept');
    for (const name of ['x-exp', 'x-warm', 'x-cutover-anything']) assert.equal(headers[name], undefined);
  });

  it('a cohort that has moved is told to the core and in its line by `x-exp`, and nobody else is', async () => {
    const pin = await edge.pin({ cohort: 'staff', kind: 'user' });
    const exps = async (headers: Readonly<Record<string, string>>): Promise<unknown[]> => {
      const answer = await edge.get('/exp', { user: 'u1', headers: { 'x-exp': 'blue', ...headers } });
      return [answer.headers.get('x-color'), (await echo(answer)).headers['x-exp']];
    };
    await edge.set({ topology: 'header', weightPercent: 5, cohorts: ['staff'] });
    assert.deepEqual(await exps(pin), ['green', 'green']);
    assert.deepEqual(await exps({}), ['blue', undefined]);
    await edge.set({ topology: 'header', weightPercent: 5, cohorts: ['beta'] });
    assert.deepEqual(await exps(pin), ['blue', undefined]);
    await edge.set({ topology: 'header', weightPercent: 100, cohorts: [] });
    assert.deepEqual(await exps(pin), ['green', undefined]);
    const lines = await edge.lines(({ route }) => route === '/exp', 4);
    assert.deepEqual(
      lines.map((line) => line['x-exp']),
      ['green', undefined, undefined, undefined],
    );
    await edge.set({ topology: 'weight', weightPercent: 0 });
  });

  it('a signed pin forces a color and tells its kind; x-warm passes for warm pings only', async () => {
    const pin = await edge.pin({ color: 'green', kind: 'warm' });
    const answer = await edge.get('/x', { user: 'u1', headers: { ...pin, 'x-warm': '1' } });
    assert.equal(answer.headers.get('x-cutover-reason'), 'pinned');
    const seen = await echo(answer);
    assert.equal(seen.color, 'green');
    assert.equal(seen.headers['x-warm'], '1');
    assert.equal(seen.headers['x-cutover-kind'], 'warm');
    assert.equal(seen.headers['x-cutover-pin'], undefined);
    const [line] = await edge.lines((entry) => entry.kind === 'warm');
    assert.equal(line?.color, 'green');
  });

  it("a request with a pin that cannot be verified goes to no color and is nobody's (A1)", async () => {
    const pin = { service: 'docs', color: 'green', kind: 'probe' } as const;
    const at = (ms: number): number => Date.now() + ms;
    const refusals: readonly (readonly [string, string])[] = [
      ['bad-signature', await signPin({ ...pin, expMs: at(9000) }, ['guess'])],
      ['other-service', await signPin({ ...pin, service: 'shop', expMs: at(9000) }, ['next-secret'])],
      ['expired', await signPin({ ...pin, expMs: at(-9000) }, ['next-secret'])],
      ['too-long', await signPin({ ...pin, expMs: at(86_400_000) }, ['next-secret'])],
      ['malformed', 'green'],
      ['malformed', ''],
    ];
    const seen = () => edge.origins.blue.seen.length + edge.origins.green.seen.length;
    const before = seen();
    for (const [why, header] of refusals) {
      for (const method of ['GET', 'POST']) {
        const init = { method, user: 'u1', headers: { 'x-cutover-pin': header } };
        const answer = await edge.get(`/notes?${why}`, init);
        assert.equal(answer.status, 403);
        assert.equal(answer.headers.get('x-color'), null, 'no color answered');
        assert.equal(answer.headers.get('x-cutover-pin'), why);
        const body = (await answer.json()) as { error: string; why: string };
        assert.deepEqual([body.error, body.why], ['pin-refused', why]);
      }
    }
    assert.equal(seen(), before);
    const lines = await edge.lines((line) => line.kind === 'refused', refusals.length * 2);
    assert.ok(lines.every((line) => line.reason === 'refused' && line.error?.startsWith('pin:') === true));
  });

  it('a signed cohort goes to `to` while it is listed', async () => {
    const headers = await edge.pin({ cohort: 'staff', kind: 'user' });
    await edge.set({ topology: 'header', cohorts: ['staff'], weightPercent: 0 });
    const listed = await edge.get('/x', { user: 'u1', headers });
    assert.deepEqual(
      [listed.headers.get('x-color'), listed.headers.get('x-cutover-reason')],
      ['green', 'cohort'],
    );
    await edge.set({ topology: 'weight', cohorts: [] });
    assert.equal((await edge.get('/x', { user: 'u1', headers })).headers.get('x-color'), 'blue');
  });

  it('a freeze refuses writes on `from`, enqueues on both, never reads, and ends by itself', async () => {
    const until = Date.now() + 1500;
    await edge.set({ weightPercent: 0, freezeUntilMs: until });
    const toGreen = await edge.pin({ color: 'green', kind: 'user' });
    const write = await edge.get('/notes', { method: 'POST', user: 'u1', body: 'n' });
    assert.equal(write.status, 503);
    assert.equal(write.headers.get('x-cutover-write'), 'frozen');
    assert.equal(write.headers.get('retry-after'), '1');
    assert.equal((await edge.get('/ask', { method: 'POST', user: 'u1', body: 'question' })).status, 200);
    assert.equal((await edge.get('/jobs', { method: 'POST', headers: toGreen, body: 'j' })).status, 503);
    const through = await echo(await edge.get('/notes', { method: 'POST', headers: toGreen, body: 'n' }));
    assert.equal(through.headers['x-cutover-freeze-until'], String(until));
    assert.equal(through.headers['x-cutover-freeze-scope'], 'enqueue');
    const [line] = await edge.lines((entry) => entry.write === 'frozen');
    assert.deepEqual([line?.status, line?.error], [503, null]);
    await sleep(until - Date.now() + 20);
    assert.equal((await edge.get('/notes', { method: 'POST', user: 'u1', body: 'n' })).status, 200);
  });

  it('a read-only color refuses writes as late; reads go on; the mark of a client only adds', async () => {
    await edge.set({
      weightPercent: 100,
      freezeUntilMs: null,
      producer: 'green',
      writes: { blue: 'read-only', green: 'open' },
    });
    const straggler = await edge.pin({ color: 'blue', kind: 'user' });
    const late = await edge.get('/notes', { method: 'PUT', headers: straggler, body: 'n' });
    assert.equal(late.status, 409);
    assert.equal(late.headers.get('x-cutover-write'), 'late');
    assert.equal((await edge.get('/x', { headers: straggler })).status, 200);
    const marked = { ...straggler, 'x-cutover-op': 'write' };
    assert.equal((await edge.get('/x', { headers: marked })).status, 409);
    const unmarked = { ...straggler, 'x-cutover-op': 'read' };
    assert.equal((await edge.get('/notes', { method: 'POST', headers: unmarked, body: 'n' })).status, 409);
    const moved = await echo(await edge.get('/notes', { method: 'POST', user: 'u1', body: 'hello' }));
    assert.deepEqual([moved.color, moved.body], ['green', 'hello']);
    assert.equal(moved.headers['x-cutover-producer'], 'green');
    await edge.lines((line) => line.write === 'late' && line.color === 'blue');
    await edge.lines((line) => line.write === 'accepted' && line.color === 'green');
  });

  it('at 100 % a request without a key is on `to` as well', async () => {
    assert.equal((await edge.get('/x')).headers.get('x-color'), 'green');
  });

  it('shadow traffic never writes', async () => {
    const shadow = await edge.pin({ color: 'green', kind: 'shadow' });
    const refused = await edge.get('/notes', { method: 'POST', headers: shadow, body: 'n' });
    assert.deepEqual([refused.status, refused.headers.get('x-cutover-write')], [409, 'shadow']);
  });

  it('writes what the playbook wants to see of each request', async () => {
    await edge.get('/logged?q=1', { user: 'user-7', region: 1 });
    const [line] = await edge.lines((entry) => entry.route === '/logged');
    assert.equal(line?.region, 'us');
    assert.equal(line?.edge_pop, 'iad');
    assert.equal(line?.bucket, bucketOf(config.salt, 'user-7'));
    assert.match(line?.user ?? '', /^[0-9a-f]{16}$/);
    assert.equal(line?.INDEX_HASH, 'hash-green');
    assert.equal(line?.instance, 'i-green');
    assert.ok(!JSON.stringify(line).includes('user-7'));
  });
});
