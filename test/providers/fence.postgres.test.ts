/** The fence of provider `postgres` against a real server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { fencePortSuite } from '../../src/conformance/fence.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { FencePort } from '../../src/ports/index.ts';
import { PASSWORD, startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { fenceEnv, type PostgresFenceEnv } from './fence-env.ts';

let server: PostgresServer;
before(async () => {
  server = await startPostgres(['max_prepared_transactions=5']);
});
after(() => server.stop());

fencePortSuite('postgres', () => fenceEnv(server));

const turn = (number: number): { idempotencyKey: string; turn: number } => ({
  idempotencyKey: 'run/fence',
  turn: number,
});

async function within(body: (env: PostgresFenceEnv) => Promise<void>): Promise<void> {
  const env = await fenceEnv(server);
  try {
    await body(env);
  } finally {
    await env.port.close?.();
    await env.close();
  }
}

async function doubts(port: FencePort): Promise<string> {
  return (await port.check()).map(({ severity, what }) => `${severity}: ${what}`).join('\n');
}

describe('provider postgres: fence', () => {
  it('holds where a session asks for writes by itself, which read-only settings do not (F1)', () =>
    within(async ({ port }) => {
      const session = new Client({
        host: '127.0.0.1',
        port: server.port,
        user: 'app',
        password: PASSWORD,
        database: 'postgres',
        ssl: false,
      });
      await session.connect();
      try {
        // The naive way: nobody who is connected notices, and whoever wants to write does.
        await server.run('ALTER DATABASE postgres SET default_transaction_read_only = on');
        await session.query(`INSERT INTO orders VALUES (1, 'naive')`);
        await session.query('BEGIN READ WRITE');
        await session.query(`INSERT INTO orders VALUES (1, 'naive')`);
        await session.query('COMMIT');
        await server.run(
          'BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT',
        );
        await port.freeze(turn(1));
        await session.query('BEGIN READ WRITE');
        await assert.rejects(session.query(`INSERT INTO orders VALUES (1, 'x')`), { code: '42501' });
        await session.query('ROLLBACK');
        await port.thaw(turn(1));
        await session.query(`INSERT INTO orders VALUES (1, 'x')`);
      } finally {
        await session.end();
      }
    }));

  it('covers the owner where the service connects as the owner, and gives its rights back', () =>
    within(async ({ open, rights }) => {
      const port = open({ roles: ['app', 'keeper'], pools: [] });
      const before = await rights();
      const owner = new Client({
        host: '127.0.0.1',
        port: server.port,
        user: 'keeper',
        password: PASSWORD,
        database: 'postgres',
        ssl: false,
      });
      await owner.connect();
      try {
        await port.freeze(turn(1));
        await assert.rejects(owner.query(`INSERT INTO orders VALUES (1, 'x')`), { code: '42501' });
        // Its migration is no write of this kind.
        await owner.query(
          'ALTER TABLE orders RENAME COLUMN note TO remark; ALTER TABLE orders_1 RENAME TO first_orders',
        );
        await port.thaw(turn(1));
        await owner.query(`INSERT INTO orders VALUES (1, 'x')`);
        await owner.query(
          'ALTER TABLE orders RENAME COLUMN remark TO note; ALTER TABLE first_orders RENAME TO orders_1',
        );
        assert.equal(await rights(), before);
      } finally {
        await owner.end();
        await port.close?.();
      }
    }));

  it('gives back rights to columns, and passes over what a migration took away', () =>
    within(async ({ open, rights }) => {
      await server.run(`SET ROLE keeper; CREATE TABLE notes (id int, body text, gone text); GRANT INSERT (id, body), UPDATE (body, gone) ON notes TO app;
        CREATE TABLE dropped (id int); GRANT INSERT ON dropped TO app`);
      const port = open({ tables: ['notes', 'dropped'] });
      const before = await rights();
      await port.freeze(turn(1));
      await port.thaw(turn(1));
      assert.equal(await rights(), before);
      await port.freeze(turn(2));
      await server.run('SET ROLE keeper; ALTER TABLE notes DROP COLUMN gone; DROP TABLE dropped');
      assert.equal((await port.thaw(turn(2))).frozen, false);
      const [row] = await server.run(`SELECT has_column_privilege('app', 'notes', 'body', 'UPDATE') AS has`);
      assert.equal(row?.['has'], true);
      await port.close?.();
    }));

  it('gives back what a migration has put beside the tables: renamed, or taken out of them', () =>
    within(async ({ port }) => {
      await port.freeze(turn(1));
      await server.run(
        'SET ROLE keeper; ALTER TABLE orders DETACH PARTITION orders_1; ALTER TABLE orders RENAME TO old_orders; CREATE TABLE orders (id int)',
      );
      assert.equal((await port.thaw(turn(1))).frozen, false);
      const [row] = await server.run(
        `SELECT has_table_privilege('app', 'old_orders', 'UPDATE') AS kept, has_table_privilege('app', 'orders_1', 'INSERT') AS apart`,
      );
      assert.deepEqual(row, { kept: true, apart: true });
    }));

  it('asks nothing back that was given back once: rights may have changed since', () =>
    within(async ({ port, rights }) => {
      await port.freeze(turn(1));
      await port.thaw(turn(1));
      await server.run('SET ROLE keeper; REVOKE UPDATE ON orders FROM app');
      const since = await rights();
      assert.equal((await port.thaw(turn(2))).frozen, false);
      assert.equal(await rights(), since);
    }));

  it('stands, and gives again at the next try, until every right is back', () =>
    within(async ({ port, rights }) => {
      const before = await rights();
      await port.freeze(turn(1));
      // Its user may hand on one right, but owns the table no more: of the others the server only warns.
      await server.run(`DO $$ BEGIN CREATE ROLE stranger; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        ALTER TABLE orders OWNER TO stranger; GRANT SELECT ON orders TO keeper WITH GRANT OPTION`);
      await assert.rejects(port.thaw(turn(2)));
      assert.ok((await port.check()).some(({ what }) => /fenced already/.test(what)));
      await server.run('REVOKE ALL ON orders FROM keeper; ALTER TABLE orders OWNER TO keeper');
      await port.thaw(turn(3));
      assert.equal(await rights(), before);
    }));

  it('sees who begins to write while the freeze is being committed', () =>
    within(async ({ port, begin }) => {
      await server.run(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON cutover_fence DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()`);
      const frozen = port.freeze(turn(1)).then(
        () => 'frozen',
        (error: unknown) => String(error),
      );
      const isCommitting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`;
      while ((await server.run(isCommitting)).length === 0);
      const end = await begin?.();
      try {
        assert.match(await frozen, /older than the fence and not ended/);
      } finally {
        await end?.();
      }
      await port.thaw(turn(1));
    }));

  it('runs nothing that stands in a name, or in the book', () =>
    within(async ({ open }) => {
      const role = 'app$cutover$;SELECT/**/1/0;--';
      await server.run(`DO $$ BEGIN CREATE ROLE "${role}"; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT INSERT ON orders TO "${role}"`);
      const port = open({ roles: ['app', role] });
      assert.equal((await port.freeze(turn(1))).frozen, true);
      const right = 'SELECT ON orders TO app; CREATE TABLE smuggled (id int); GRANT INSERT';
      await server.run(
        `UPDATE cutover_fence SET grants = json_build_array(json_build_object('relation', 'orders'::regclass::oid, 'column', 0, 'grantee', 0, 'right', '${right}', 'grantable', false))`,
      );
      await port.thaw(turn(1));
      const [row] = await server.run(`SELECT to_regclass('smuggled') AS smuggled`);
      assert.equal(row?.['smuggled'], null);
      await port.close?.();
    }));

  it('tries many tables, whatever their names, without taking the connections of the service', () =>
    within(async ({ open }) => {
      const tables = ['order', 'user', ...Array.from({ length: 8 }, (_, index) => `t${index}`)];
      await server.run(
        `SET ROLE keeper; ${tables.map((name) => `CREATE TABLE "${name}" (id int)`).join(';')}`,
      );
      const port = open({ tables });
      assert.equal((await port.freeze(turn(1))).frozen, true);
      await port.thaw(turn(1));
      await port.close?.();
    }));

  it('says in preflight that its user is a member of who owns, but has none of its rights by itself', () =>
    within(async ({ open }) => {
      await server.run(`DO $$ BEGIN CREATE ROLE boss; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        ALTER ROLE keeper NOINHERIT; GRANT boss TO keeper; CREATE TABLE bossy (id int); ALTER TABLE bossy OWNER TO boss; GRANT INSERT ON bossy TO app`);
      const port = open({ tables: ['bossy'] });
      try {
        assert.match(await doubts(port), /blocking: the fence's own user may not change rights on bossy/);
      } finally {
        await server.run('REVOKE boss FROM keeper; ALTER ROLE keeper INHERIT');
        await port.close?.();
      }
    }));

  it('waits for a prepared transaction too', () =>
    within(async ({ pool, port }) => {
      const client = await pool.connect();
      await client.query(`BEGIN; INSERT INTO orders VALUES (1, 'x')`);
      await client.query(`PREPARE TRANSACTION 'older'`);
      await assert.rejects(
        port.freeze(turn(1)),
        /older than the fence and not ended: a prepared transaction/,
      );
      await client.query(`ROLLBACK PREPARED 'older'`);
      client.release();
      assert.equal((await port.freeze(turn(1))).frozen, true);
      await port.thaw(turn(1));
    }));

  it('is no fence where the service’s own pool writes all the same', () =>
    within(async ({ open }) => {
      const port = open({ roles: ['other'] });
      assert.match(
        await doubts(port),
        /blocking: SERVICE_URL connects as app, which is not in `roles` of the fence/,
      );
      await assert.rejects(
        port.freeze(turn(1)),
        (error) =>
          error instanceof ProviderError &&
          error.kind === 'human' &&
          /through SERVICE_URL is not refused/.test(error.message),
      );
      await port.thaw(turn(1));
      await port.close?.();
    }));

  it('says in preflight what would keep it from holding', () =>
    within(async ({ open }) => {
      const asked = async (options: object): Promise<string> => {
        const port = open({ pools: [], ...options });
        try {
          return await doubts(port);
        } finally {
          await port.close?.();
        }
      };
      await server.run(`CREATE TABLE foreigns (id int); SET ROLE keeper; CREATE TABLE parents (id int PRIMARY KEY);
        CREATE TABLE children (id int REFERENCES parents ON DELETE CASCADE); CREATE TABLE handed (id int);
        GRANT INSERT ON handed TO other WITH GRANT OPTION; SET ROLE other; GRANT INSERT ON handed TO app`);
      assert.match(await asked({ tables: ['nowhere'] }), /blocking: there is no table nowhere/);
      assert.match(await asked({ roles: ['nobody_at_all'] }), /blocking: there is no role nobody_at_all/);
      assert.match(await asked({ roles: ['owner'] }), /blocking: owner may write to everything/);
      assert.match(
        await asked({ tables: ['foreigns'] }),
        /blocking: the fence's own user may not change rights on foreigns/,
      );
      assert.match(
        await asked({ tables: ['handed'] }),
        /blocking: rights to write to handed were given by others than the owner/,
      );
      assert.match(
        await asked({ tables: ['children'] }),
        /^warning: a delete or update still goes on by foreign keys from parents into children/,
      );
      assert.equal(await asked({ tables: ['children', 'parents'] }), '');
      assert.match(await asked({ book: 'no_book' }), /blocking: table no_book is missing/);
    }));
});
