/** Provider `postgres` against real servers. */
import { after, before } from 'node:test';
import { storePortSuite } from '../../src/conformance/store.ts';
import { startPostgres, startStandby, type PostgresServer } from '../support/postgres-server.ts';
import { postgresEnv } from './postgres-env.ts';

let alone: PostgresServer;
let primary: PostgresServer;
let standby: PostgresServer;
before(async () => {
  alone = await startPostgres();
  primary = await startPostgres(['synchronous_standby_names=second']);
  standby = await startStandby(primary, 'second');
});
after(async () => {
  await standby.stop();
  await primary.stop();
  await alone.stop();
});

storePortSuite('postgres', () => postgresEnv(alone));
// A standby on a busy machine may take its time.
storePortSuite('postgres with a synchronous standby', () =>
  postgresEnv(primary, { failover: 'synchronous', timeoutMs: 20_000 }),
);
