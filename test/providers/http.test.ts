import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Color } from '../../src/domain/color.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/domain/errors.ts';
import { httpColors } from '../../src/providers/http/index.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { colorPortSuite, healthContract } from '../../src/conformance/color.ts';
import { type Reply, serve } from './http-server.ts';

function scopeOf(blue: string, green = blue): ProviderScope {
  return {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [],
    colorUrls: { blue, green },
    env: { CUTOVER_COLOR_TOKEN: 't0ken' },
  };
}

colorPortSuite('http', async () => {
  const gone = new Set<Color>();
  const stack = (color: Color) =>
    serve(({ method, path, headers }) => {
      if (path === '/.well-known/cutover') {
        const schedules = [{ name: 'nightly', state: color === 'blue' ? 'on' : 'off' } as const];
        const prefixes = { cachePrefix: `docs:${color}`, memoryPrefix: `docs:${color}:memory` };
        return { body: JSON.stringify(healthContract({ color, ...prefixes, schedules })) };
      }
      if (method !== 'POST' || headers.authorization !== 'Bearer t0ken') return { status: 401 };
      if (gone.has(color)) return { status: 410 };
      gone.add(color);
      return { body: '{"retired":true}' };
    });
  const [blue, green] = [await stack('blue'), await stack('green')];
  return {
    port: httpColors({ use: 'http' }, scopeOf(blue.url, green.url)),
    retired: async (color) => gone.has(color),
    close: async () => {
      await Promise.all([blue.close(), green.close()]);
    },
  };
});

void describe('http colors', () => {
  const asking = async (reply: Reply): Promise<unknown> => {
    const server = await serve(() => reply);
    try {
      return await httpColors({ use: 'http', timeoutMs: 200 }, scopeOf(server.url))
        .health('blue')
        .catch((e) => e);
    } finally {
      await server.close();
    }
  };
  const expectError = (error: unknown, kind: ProviderErrorKind, message: RegExp): void => {
    assert.ok(error instanceof ProviderError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
  };

  void it('asks every region of a color', async () => {
    const eu = await serve(() => ({ body: JSON.stringify(healthContract({ region: 'eu' })) }));
    const us = await serve(() => ({ body: JSON.stringify(healthContract({ region: 'us' })) }));
    const regions = { eu: eu.url, us: us.url };
    const port = httpColors(
      { use: 'http', regions: { blue: regions, green: regions } },
      scopeOf('http://127.0.0.1:65499'),
    );
    assert.deepEqual(
      (await port.health('blue')).map((one) => one.region),
      ['eu', 'us'],
    );
    await Promise.all([eu.close(), us.close()]);
  });

  void it('says which fields of a contract are missing', async () => {
    const { release: _, ...rest } = healthContract();
    const index = { ...rest.index, metric: undefined };
    const error = await asking({ body: JSON.stringify({ ...rest, index }) });
    expectError(error, 'fatal', /release is missing; index\.metric is missing/);
  });

  void it('reads the smallest contract, and refuses a further field that is of the wrong kind', async () => {
    const { service, color, release, ok, index } = healthContract();
    const smallest = { service, color, release, ok, index };
    assert.deepEqual(await asking({ body: JSON.stringify(smallest) }), [smallest]);
    expectError(
      await asking({ body: JSON.stringify({ ...smallest, capacity: 4 }) }),
      'fatal',
      /capacity: .*expected object/,
    );
  });

  void it('gives a contract without a region the one of the plan', async () => {
    const { region: _, ...rest } = healthContract();
    const server = await serve(() => ({ body: JSON.stringify(rest) }));
    const regions = { blue: { eu: server.url }, green: { eu: server.url } };
    const port = httpColors({ use: 'http', regions }, scopeOf('http://127.0.0.1:65499'));
    assert.deepEqual(
      (await port.health('blue')).map((one) => one.region),
      ['eu'],
    );
    await server.close();
  });

  void it('leaves a color without a retire route to a person', async () => {
    const server = await serve(() => ({ status: 404 }));
    const { detail } = await httpColors({ use: 'http' }, scopeOf(server.url)).retire('blue', {
      idempotencyKey: 'k',
    });
    assert.match(detail, /serves no retire route \(HTTP 404\): take blue down yourself/);
    await server.close();
  });

  void it('reads a contract that says "not ok" although the status is 503', async () => {
    const got = await asking({ status: 503, body: JSON.stringify(healthContract({ ok: false })) });
    assert.equal((got as { ok: boolean }[])[0]?.ok, false);
  });

  void it('notices that an address belongs to another color', async () => {
    expectError(
      await asking({ body: JSON.stringify(healthContract({ color: 'green' })) }),
      'fatal',
      /color is "green"/,
    );
  });

  void it('maps failures to what to do about them', async () => {
    expectError(await asking({ body: '<html>' }), 'fatal', /not JSON/);
    expectError(await asking({ status: 404 }), 'fatal', /404/);
    expectError(
      await asking({ status: 302, headers: { location: 'http://127.0.0.1:65499' } }),
      'fatal',
      /302/,
    );
    expectError(await asking({ hangUp: true }), 'retry', /127\.0\.0\.1/);
    expectError(await asking({ afterMs: 1000 }), 'retry', /within 200 ms/);
    expectError(await asking({ body: 'x'.repeat(1_100_000) }), 'fatal', /larger than/);
    const busy = await asking({ status: 429, headers: { 'retry-after': '7' } });
    expectError(busy, 'retry', /429/);
    assert.equal((busy as ProviderError).retryAfterMs, 7000);
  });

  void it('needs the admin token only to retire, and never shows it', async () => {
    const server = await serve(() => ({ status: 403, body: 'no' }));
    const port = httpColors({ use: 'http' }, { ...scopeOf(server.url), env: {} });
    await assert.rejects(port.retire('blue', { idempotencyKey: 'k' }), /CUTOVER_COLOR_TOKEN is not set/);
    const withToken = httpColors({ use: 'http' }, scopeOf(server.url));
    await assert.rejects(
      withToken.retire('blue', { idempotencyKey: 'k' }),
      (e) => e instanceof ProviderError && e.kind === 'fatal' && !e.message.includes('t0ken'),
    );
    assert.equal(server.asked[0]?.headers['idempotency-key'], 'k');
    await server.close();
  });

  void it('passes cancellation on as cancellation', async () => {
    const port = httpColors({ use: 'http' }, scopeOf('http://127.0.0.1:65499'));
    await assert.rejects(port.health('blue', AbortSignal.abort()), { name: 'AbortError' });
  });
});
