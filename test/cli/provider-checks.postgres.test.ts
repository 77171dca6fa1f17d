/** What `cutover doctor` says of a PostgreSQL. */
import { after } from 'node:test';
import { createTable, ENV, refTo } from '../providers/postgres-env.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { saysEach, type Way } from '../support/asked-provider.ts';

let started: Promise<PostgresServer> | undefined;
const server = (): Promise<PostgresServer> =>
  (started ??= startPostgres().then(async (one) => {
    await createTable(one);
    await one.run(
      "CREATE ROLE reader LOGIN PASSWORD 'reader-secret-of-test'; GRANT SELECT ON cutover_config TO reader",
    );
    return one;
  }));
after(async () => (await started)?.stop());

const ways = async (): Promise<readonly Way[]> => {
  const at = await server();
  const reader = { PGUSER: 'reader', PGPASSWORD: 'reader-secret-of-test' };
  return [
    {
      what: 'all is well',
      ref: refTo(at),
      env: ENV,
      state: 'ok',
      says: /^holds nothing yet; what a write needs is there/,
    },
    {
      what: 'a wrong password',
      ref: refTo(at),
      env: { ...ENV, PGPASSWORD: 'another-secret' },
      state: 'wrong',
      says: /password authentication failed/,
    },
    { what: 'no table', ref: refTo(at, { table: 'elsewhere' }), env: ENV, state: 'wrong', says: /elsewhere/ },
    {
      what: 'a user who may only read',
      ref: refTo(at),
      env: reader,
      state: 'wrong',
      says: /INSERT|UPDATE|permission|may not/i,
    },
  ];
};

saysEach('store', ways, ['all is well', 'a wrong password', 'no table', 'a user who may only read']);
