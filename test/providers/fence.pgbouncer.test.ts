/** The fence of provider `postgres` before a service that comes through PgBouncer in transaction mode. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { fencePortSuite } from '../../src/conformance/fence.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { fenceEnv } from './fence-env.ts';

let server: PostgresServer;
let pooler: Awaited<ReturnType<typeof startPgbouncer>>;
before(async () => {
  server = await startPostgres();
  pooler = await startPgbouncer(server, ['app']);
});
after(async () => {
  await pooler.stop();
  await server.stop();
});

fencePortSuite('postgres, the service behind PgBouncer', () => fenceEnv(server, pooler));

void it('leaves nothing in the pool: after each thaw every write is taken (F2)', async () => {
  const env = await fenceEnv(server, pooler);
  try {
    for (let round = 1; round <= 20; round += 1) {
      const turn = { idempotencyKey: `run/${round}`, turn: round };
      const stop = new AbortController();
      const writing = (async () => {
        while (!stop.signal.aborted)
          await env.pool.query(`INSERT INTO orders VALUES (1, 'x')`).catch(() => undefined);
      })();
      await env.port.freeze(turn);
      await env.port.thaw(turn);
      stop.abort();
      await writing;
      for (let i = 0; i < 50; i += 1) assert.equal(await env.write(), true);
    }
  } finally {
    await env.port.close?.();
    await env.close();
  }
});
