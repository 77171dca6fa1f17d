/** Calls with the admin token go where the plan says, and read no more than they asked for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { provider } from '../../src/providers/cloudflare/index.ts';
import { serve, type Reply } from './http-server.ts';

async function readFrom(reply: Reply): Promise<string> {
  const server = await serve(() => reply);
  const scope = {
    service: 's',
    from: 'blue' as const,
    to: 'green' as const,
    entry: [{ region: 'eu', url: server.url }],
    colorUrls: { blue: server.url, green: server.url },
    env: { CUTOVER_ADMIN_TOKEN: 'the-admin-token' },
  };
  const said = await provider
    .store?.({ use: 'cloudflare' }, scope, {})
    .read()
    .then(
      () => 'answered',
      (cause: unknown) => String(cause),
    );
  await server.close();
  return said ?? '';
}

describe('a call with the admin token', () => {
  it('follows no redirect (D12)', async () => {
    const elsewhere = await serve(() => ({ body: '{"stored":null}' }));
    const said = await readFrom({ status: 307, headers: { location: elsewhere.url } });
    assert.match(said, /answered 307/);
    assert.equal(elsewhere.asked.length, 0);
    await elsewhere.close();
  });

  it('reads a bounded body (D12)', async () => {
    assert.match(await readFrom({ body: 'x'.repeat(3_000_000) }), /larger than 1048576 bytes/);
  });
});
