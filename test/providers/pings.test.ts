import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verifyPin, type PinVerdict } from '../../src/domain/pin.ts';
import { pingWarmup } from '../../src/providers/pings/index.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { warmupPortSuite } from '../../src/conformance/warmup.ts';
import { serve, type Asked, type Reply } from './http-server.ts';

const WARM = '/.well-known/cutover/warm';
const context = { idempotencyKey: 'k' };

function scopeOf(edge: string, color: string): ProviderScope {
  return {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ region: 'eu', url: edge }],
    colorUrls: { blue: color, green: color },
    env: { CUTOVER_PIN_SECRET: 's3cret' },
  };
}

const pinOf = ({ headers }: Asked): Promise<PinVerdict> =>
  verifyPin(String(headers['x-cutover-pin']), { service: 'docs', secrets: ['s3cret'], nowMs: Date.now() });

/** A router that follows pins to green; the answer to pings is the test's. */
function router(answer: (asked: Asked) => Reply) {
  return serve((asked) => {
    const reply = asked.path === WARM ? answer(asked) : {};
    return { ...reply, headers: { 'x-color': 'green', 'x-cutover-reason': 'pinned', ...reply.headers } };
  });
}

warmupPortSuite('pings', async () => {
  let seen = 0;
  const server = await router(() => ({ headers: { 'x-cold-start': (seen += 1) <= 4 ? '1' : '0' } }));
  return { port: pingWarmup({ use: 'pings' }, scopeOf(server.url, server.url)), close: server.close };
});

void describe('pings', () => {
  void it('go through the edge with a signed pin of kind warm, all at once', async () => {
    const server = await router(() => ({ afterMs: 100 }));
    const port = pingWarmup({ use: 'pings' }, scopeOf(server.url, 'http://127.0.0.1:65499'));
    const started = performance.now();
    await port.warm('green', 8, context);
    assert.ok(performance.now() - started < 600);
    const pinged = server.asked.filter(({ path }) => path === WARM);
    assert.equal(pinged.length, 8);
    for (const one of server.asked) {
      const verdict = await pinOf(one);
      assert.ok(verdict.ok && verdict.pin.color === 'green' && verdict.pin.kind === 'warm');
    }
    await server.close();
  });

  void it('go past the edge with x-warm when direct, and count failures', async () => {
    let seen = 0;
    const server = await serve(() => ((seen += 1) === 1 ? { status: 500 } : { body: '{"cold": true}' }));
    const port = pingWarmup(
      { use: 'pings', direct: true, path: '/warm' },
      { ...scopeOf('http://127.0.0.1:65499', server.url), env: {} },
    );
    const got = await port.warm('green', 3, context);
    const failure = `HTTP 500 at ${server.url}/warm`;
    assert.deepEqual(got, { sent: 3, cold: 2, failed: 1, failure });
    assert.equal(server.asked[0]?.headers['x-warm'], '1');
    assert.equal(server.asked[0]?.headers['x-cutover-pin'], undefined);
    await server.close();
  });

  for (const [how, reply, says] of [
    ['404', { status: 404 }, /^HTTP 404 at http:.*\/cutover\/warm$/],
    ['503', { status: 503, headers: { 'x-cold-start': '1' } }, /^HTTP 503 at /],
    ['a redirect', { status: 302, headers: { location: '/login' } }, /^HTTP 302 at /],
    ['a cut connection', { hangUp: true }, /warm: /],
    ['the other color', { headers: { 'x-color': 'blue' } }, /green was asked for, blue answered/],
    ['no color', { headers: { 'x-cutover-reason': 'bucket' } }, /the pin was not followed/],
  ] satisfies [string, Reply, RegExp][]) {
    void it(`that are answered by ${how} have failed, are never cold starts, and say how (E1)`, async () => {
      const server = await router(() => reply);
      const port = pingWarmup({ use: 'pings' }, scopeOf(server.url, server.url));
      const { sent, cold, failed, failure } = await port.warm('green', 4, context);
      assert.deepEqual([sent, cold, failed], [4, 0, 4]);
      assert.match(failure ?? '', says);
      assert.match((await port.check?.('green')) ?? '', says);
      await server.close();
    });
  }

  void it('have nothing to complain about where the route is served (E1)', async () => {
    const server = await router(() => ({ status: 204 }));
    const port = pingWarmup({ use: 'pings' }, scopeOf(server.url, server.url));
    assert.equal(await port.check?.('green'), null);
    await server.close();
  });
});
