import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verifyPin } from '../../src/domain/pin.ts';
import { pingWarmup } from '../../src/providers/pings/index.ts';
import type { ProviderScope } from '../../src/providers/ports.ts';
import { warmupPortSuite } from '../conformance/warmup-port.ts';
import { serve } from './http-server.ts';

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

warmupPortSuite('pings', async () => {
  let seen = 0;
  const server = await serve(() => ({ headers: { 'x-cold-start': (seen += 1) <= 4 ? '1' : '0' } }));
  return { port: pingWarmup({ use: 'pings' }, scopeOf(server.url, server.url)), close: server.close };
});

void describe('pings', () => {
  void it('go through the edge with a signed pin of kind warm, all at once', async () => {
    const server = await serve(() => ({ afterMs: 100 }));
    const port = pingWarmup({ use: 'pings' }, scopeOf(server.url, 'http://127.0.0.1:65499'));
    const started = performance.now();
    await port.warm('green', 8, { idempotencyKey: 'k' });
    assert.ok(performance.now() - started < 600);
    const pin = server.asked[0]?.headers['x-cutover-pin'];
    const verdict = await verifyPin(String(pin), ['s3cret'], Date.now());
    assert.ok(verdict.ok && verdict.pin.color === 'green' && verdict.pin.kind === 'warm');
    assert.equal(server.asked[0]?.path, '/.well-known/cutover/warm');
    await server.close();
  });

  void it('go past the edge with x-warm when direct, and count failures', async () => {
    let seen = 0;
    const server = await serve(() => ((seen += 1) === 1 ? { status: 500 } : { body: '{"cold": true}' }));
    const port = pingWarmup(
      { use: 'pings', direct: true, path: '/warm' },
      { ...scopeOf('http://127.0.0.1:65499', server.url), env: {} },
    );
    const got = await port.warm('green', 3, { idempotencyKey: 'k' });
    assert.deepEqual(got, { sent: 3, cold: 2, failed: 1, p95WarmMs: null });
    assert.equal(server.asked[0]?.headers['x-warm'], '1');
    assert.equal(server.asked[0]?.headers['x-cutover-pin'], undefined);
    await server.close();
  });
});
