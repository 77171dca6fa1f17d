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
