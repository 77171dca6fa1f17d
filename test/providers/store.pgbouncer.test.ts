/** Provider `postgres` through a pooler that hands each transaction another connection. */
import { after, before } from 'node:test';
import { storePortSuite } from '../../src/conformance/store.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { until } from '../support/redis-server.ts';
import { openStore, postgresEnv } from './postgres-env.ts';

let server: PostgresServer;
let pooler: Awaited<ReturnType<typeof startPgbouncer>>;
before(async () => {
  server = await startPostgres();
  pooler = await startPgbouncer(server);
  const isUp = (): Promise<boolean> =>
    openStore(pooler, { table: 'pg_class' })
      .clock()
      .then(() => true)
      .catch((error: unknown) => /not as cutover wants/.test(String(error)));
  await until(isUp);
});
after(async () => {
  await pooler.stop();
  await server.stop();
});

storePortSuite('postgres through PgBouncer', () => postgresEnv(server, { through: pooler }));
