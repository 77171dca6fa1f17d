/** The read of Workers KV in the shape of Cloudflare's own API: address, token, and what each answer means. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProviderError, type ProviderErrorKind } from '../../src/domain/errors.ts';
import { kvReader } from '../../src/providers/cloudflare/kv.ts';
import { serve, type Asked, type Reply } from './http-server.ts';

const fault = (code: number, message: string): string =>
  JSON.stringify({ success: false, errors: [{ code, message }] });

async function read(reply: Reply): Promise<{ found: unknown; asked: readonly Asked[] }> {
  const server = await serve(() => reply);
  const { url, asked } = server;
  const options = { account: 'acc', namespace: 'ns', apiToken: 't0ken', baseUrl: `${url}/client/v4` };
  try {
    const found: unknown = await kvReader(options, 2000)
      .generation('docs')
      .catch((error: unknown) => error);
    return { found, asked };
  } finally {
    await server.close();
  }
}

void describe('the read of Workers KV', () => {
  void it('asks for the value of the service’s key with the API token', async () => {
    const { found, asked } = await read({ body: '{"generation":7}' });
    assert.equal(found, 7);
    assert.deepEqual(
      asked.map(({ method, path, headers }) => [method, path, headers.authorization]),
      [['GET', '/client/v4/accounts/acc/storage/kv/namespaces/ns/values/cutover%2Fdocs', 'Bearer t0ken']],
    );
  });

  void it('takes a key that is not there for generation 0', async () => {
    assert.equal((await read({ status: 404, body: fault(10009, 'key not found') })).found, 0);
    assert.equal((await read({ status: 404 })).found, 0);
  });

  const faults: [string, Reply, ProviderErrorKind, RegExp][] = [
    [
      'a namespace that is not there',
      { status: 404, body: fault(10013, 'namespace not found') },
      'fatal',
      /namespace not found; check `account` and `namespace`/,
    ],
    ['a token that is refused', { status: 401, body: fault(10000, 'no') }, 'fatal', /CLOUDFLARE_API_TOKEN/],
    ['a limit', { status: 429, headers: { 'retry-after': '3' } }, 'retry', /answered 429/],
    ['a server’s fault', { status: 502, body: 'bad gateway' }, 'retry', /answered 502/],
    ['a page instead of the value', { body: '<html>' }, 'retry', /not JSON/],
    ['a cut connection', { hangUp: true }, 'retry', /CLOUDFLARE_BASE_URL/],
  ];
  for (const [what, reply, kind, says] of faults) {
    void it(`maps ${what} to ${kind}`, async () => {
      const { found } = await read(reply);
      assert.ok(
        found instanceof ProviderError && found.kind === kind && says.test(found.message),
        String(found),
      );
      if (what === 'a limit') assert.equal(found.retryAfterMs, 3000);
    });
  }
});
