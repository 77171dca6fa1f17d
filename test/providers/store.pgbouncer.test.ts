/** Provider `postgres` through a pooler that hands each transaction another connection. */
import { after, before, it } from 'node:test';
import { storePortSuite } from '../../src/conformance/store.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { until } from '../support/redis-server.ts';
import { refuses } from '../support/store-calls.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { openStore, postgresEnv } from './postgres-env.ts';

/** A table that is there and is none of ours: who reaches PostgreSQL is told so. */
const UNFIT = { table: 'pg_class' };
const NOT_OURS = /not as cutover wants/;

async function reaches(at: { readonly port: number }): Promise<boolean> {
  const asked = openStore(at, UNFIT).clock();
  return asked.then(
    () => false,
    (error: unknown) => NOT_OURS.test(String(error)),
  );
}

let server: PostgresServer;
let pooler: Awaited<ReturnType<typeof startPgbouncer>>;
before(async () => {
  server = await startPostgres();
  pooler = await startPgbouncer(server);
  await until(() => reaches(pooler));
});
after(async () => {
  await pooler.stop();
  await server.stop();
});

storePortSuite('postgres through PgBouncer', () => postgresEnv(server, { through: pooler }));

void it('a PgBouncer that loses its PostgreSQL, as in a failover, is asked again', async (t) => {
  const behind = await tcpProxy(server.port);
  const own = await startPgbouncer(behind);
  t.after(async () => {
    await own.stop();
    await behind.close();
  });
  const port = openStore(own, UNFIT);
  await until(() => reaches(own));
  behind.spoil('clock_timestamp', 'gone');
  await refuses(() => port.clock(), 'retry', /does the pooler reach its PostgreSQL\? \(08P01/);
  await refuses(() => port.clock(), 'fatal', NOT_OURS);
});
