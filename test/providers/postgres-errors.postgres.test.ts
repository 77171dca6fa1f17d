/** What provider `postgres` says of a PostgreSQL that refuses, is not there, or is something else. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { firstConfig } from '../../src/conformance/store.ts';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError, UserError, type ProviderErrorKind } from '../../src/domain/errors.ts';
import { tcpServer } from '../probes/servers.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { refuses, SECRET, write } from '../support/store-calls.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { createTable, ENV, openStore, TABLE } from './postgres-env.ts';

const FIRST = firstConfig('docs');
let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server.stop());

interface Refusal {
  readonly of: string;
  readonly prepare?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly kind: ProviderErrorKind;
  readonly says: RegExp;
  /** Reads are well. */
  readonly writesOnly?: true;
}

const REFUSALS: readonly Refusal[] = [
  {
    of: 'a wrong password',
    options: { env: { ...ENV, PGPASSWORD: SECRET } },
    kind: 'fatal',
    says: /check PGUSER and PGPASSWORD.*28P01/,
  },
  {
    of: 'an unknown user',
    options: { env: { PGUSER: 'nobody', PGPASSWORD: SECRET } },
    kind: 'fatal',
    says: /check PGUSER and PGPASSWORD/,
  },
  { of: 'no password', options: { env: { PGUSER: 'owner' } }, kind: 'fatal', says: /set PGPASSWORD/ },
  {
    of: 'an unknown database',
    options: { url: 'postgres://127.0.0.1:PORT/elsewhere' },
    kind: 'fatal',
    says: /no database of that name/,
  },
  {
    of: 'a missing table',
    options: { table: 'nowhere' },
    kind: 'fatal',
    says: /create it once, CREATE TABLE … \(service text PRIMARY KEY, config json NOT NULL\).*"nowhere"/,
  },
  { of: 'a missing schema', options: { table: 'no.where' }, kind: 'fatal', says: /the table is missing/ },
  {
    of: 'another table',
    prepare: 'CREATE TABLE other (service text PRIMARY KEY, document json)',
    options: { table: 'other' },
    kind: 'fatal',
    says: /not as cutover wants it, \(service text/,
  },
  {
    of: 'a table without its key',
    prepare: 'CREATE TABLE keyless (service text, config json)',
    options: { table: 'keyless' },
    kind: 'fatal',
    says: /not as cutover wants it/,
    writesOnly: true,
  },
  {
    of: 'a user that may read alone',
    prepare: `CREATE ROLE reader LOGIN PASSWORD '${SECRET}'; GRANT SELECT ON ${TABLE} TO reader`,
    options: { env: { PGUSER: 'reader', PGPASSWORD: SECRET } },
    kind: 'fatal',
    says: /grant SELECT, INSERT, UPDATE/,
    writesOnly: true,
  },
  {
    of: 'one set read-only',
    prepare: `CREATE ROLE frozen LOGIN PASSWORD '${SECRET}'; GRANT ALL ON ${TABLE} TO frozen; ALTER ROLE frozen SET default_transaction_read_only = on`,
    options: { env: { PGUSER: 'frozen', PGPASSWORD: SECRET } },
    kind: 'retry',
    says: /takes no writes: a standby, or set read-only/,
    writesOnly: true,
  },
  {
    of: 'no connection left',
    prepare: `CREATE ROLE crowd LOGIN PASSWORD '${SECRET}' CONNECTION LIMIT 0`,
    options: { env: { PGUSER: 'crowd', PGPASSWORD: SECRET } },
    kind: 'retry',
    says: /no connection left/,
  },
  { of: 'no TLS', options: { tls: 'verify' }, kind: 'fatal', says: /speaks no TLS.*write `tls: off`/ },
];

void describe('postgres that refuses', () => {
  before(() => createTable(server));

  for (const { of, prepare, options = {}, kind, says, writesOnly } of REFUSALS) {
    void it(`${of} is ${kind}, in words that say what to do`, async () => {
      if (prepare !== undefined) await server.run(prepare);
      const { url = 'postgres://127.0.0.1:PORT/postgres', ...others } = options;
      const port = openStore(server, { ...others, url: String(url).replace('PORT', String(server.port)) });
      const calls: (() => Promise<unknown> | undefined)[] = [() => write(port, FIRST), () => port.check?.()];
      if (writesOnly === true) assert.equal(await port.read(), null);
      else
        calls.push(
          () => port.read(),
          () => port.clock(),
        );
      for (const call of calls) await refuses(call, kind, says, of);
    });
  }

  void it('a lock that somebody holds ends the wait on the server too: nothing is written later', async (t) => {
    const first = await write(openStore(server), FIRST);
    const held = server.run(`BEGIN; SELECT 1 FROM ${TABLE} FOR UPDATE; SELECT pg_sleep(3); COMMIT`);
    t.after(() => held);
    const port = openStore(server, { timeoutMs: 1000 });
    const waits = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%FOR UPDATE%' AND wait_event = 'PgSleep'`;
    while ((await server.run(waits)).length === 0);
    const next = nextEdgeConfig(first, { weightPercent: 5 }, 'run/2');
    await refuses(
      () => write(port, next),
      'retry',
      /did not come to an end in time|no answer within 1000 ms/,
    );
    await held;
    assert.deepEqual(await openStore(server).read(), first);
    await server.run(`DELETE FROM ${TABLE}`);
  });

  void it('finds before a switch what would let a config vanish', async () => {
    await server.run('CREATE UNLOGGED TABLE fleeting (service text PRIMARY KEY, config json NOT NULL)');
    await refuses(() => openStore(server, { table: 'fleeting' }).check?.(), 'human', /SET LOGGED/);
    const port = openStore(server, { failover: 'synchronous' });
    await refuses(() => port.check?.(), 'human', /`synchronous_standby_names` is empty/);
    await refuses(() => write(port, FIRST), 'human', /generation 1 is stored, but .*is empty/);
    await server.run(`DELETE FROM ${TABLE}`);
    await openStore(server, { failover: 'none' }).check?.();
    assert.equal(openStore(server, { failover: 'none' }).capabilities.fencing, 'strong');
  });

  for (const type of ['jsonb', 'text'])
    void it(`finds before a switch that a column is ${type}, which takes a first write and no second`, async () => {
      await server.run(`CREATE TABLE as_${type} (service text PRIMARY KEY, config ${type} NOT NULL)`);
      await refuses(
        () => openStore(server, { table: `as_${type}` }).check?.(),
        'fatal',
        /not as cutover wants/,
      );
    });

  void it('a server that ends all connections, idle and busy, breaks no worker', async () => {
    const port = openStore(server);
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cutover'`;
    for (let round = 0; round < 20; round += 1) {
      const calls = [port.read(), port.clock(), port.read()];
      const ended = server.run(end);
      for (const { reason, status } of (await Promise.allSettled(calls)) as PromiseRejectedResult[])
        if (status === 'rejected')
          assert.ok(reason instanceof ProviderError && reason.kind === 'retry', String(reason));
      await ended;
    }
    assert.equal(await port.read(), null);
  });
});

void describe('postgres whose answer is lost after its commit', () => {
  const table = 'lost';
  before(() => createTable(server, table));

  void it('the write is known as ours, by the same and by another worker, and is one', async (t) => {
    const proxy = await tcpProxy(server.port);
    t.after(() => proxy.close());
    const port = openStore(proxy, { table });
    proxy.spoil('RETURNING', 'lost');
    await refuses(() => write(port, FIRST), 'retry', /the connection broke/);
    assert.deepEqual(await write(openStore(server, { table }), FIRST), FIRST);
    const [row] = await server.run(`SELECT config::text AS text FROM ${table}`);
    assert.equal(row?.['text'], JSON.stringify(FIRST), 'stored as it was sent');
    assert.deepEqual(await write(port, FIRST), FIRST);
  });
});

void describe('postgres that is not there', () => {
  void it('says where it asked and why nothing came, within its time', async (t) => {
    const nowhere = { url: undefined, env: { POSTGRES_URL: `postgres://me:${SECRET}@127.0.0.1:9/db` } };
    await refuses(
      () => openStore({ port: 9 }, nowhere).read(),
      'retry',
      /^postgres:\/\/127.0.0.1:9\/db: nothing listens/,
    );
    const silent = await tcpServer(t, () => undefined);
    const port = openStore({ port: Number(new URL(silent).port) }, { timeoutMs: 200 });
    await refuses(() => port.read(), 'retry', /no answer within 200 ms/);
    const closed = port.read();
    await port.close?.();
    await refuses(() => closed, 'retry', /it was closed under way/);
    const aborted = new AbortController();
    const call = port.read(aborted.signal);
    aborted.abort(new Error('cancelled by the test'));
    await assert.rejects(call, /cancelled by the test/);
  });

  void it('an HTTP server is no PostgreSQL, and neither is one that answers half', async (t) => {
    for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', 'R\0\0']) {
      const url = await tcpServer(t, (socket) => void socket.end(answer));
      const port = openStore({ port: Number(new URL(url).port) }, { timeoutMs: 500 });
      await refuses(() => port.read(), 'retry', /the connection broke|no answer/, answer);
    }
  });

  void it('an address that is none is the user’s mistake, and is not repeated', () => {
    for (const [name, env, options] of [
      ['POSTGRES_URL', { POSTGRES_URL: `http://me:${SECRET}@host/db` }, { url: undefined }],
      ['POSTGRES_URL', { POSTGRES_URL: SECRET }, { url: undefined }],
      ['POSTGRES_URL', { POSTGRES_URL: `postgres://me:${SECRET}@host` }, { url: undefined }],
      ['OTHER_URL', { POSTGRES_URL: 'postgres://host/db' }, { url: undefined, urlEnv: 'OTHER_URL' }],
      ['url', {}, { url: `postgres://me:${SECRET}@host/db` }],
      ['table', {}, { table: 'a; DROP TABLE b' }],
      ['failover', {}, { failover: 'never' }],
    ] as const) {
      assert.throws(
        () => openStore({ port: 9 }, { env, ...options }),
        (error) =>
          error instanceof UserError && error.message.includes(name) && !error.message.includes(SECRET),
        name,
      );
    }
  });
});
