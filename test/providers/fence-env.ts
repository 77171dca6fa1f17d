/** Tables of a service in a real PostgreSQL, and its own connections. */
import { Pool } from 'pg';
import type { FenceEnv } from '../../src/conformance/fence.ts';
import type { FencePort, ProviderScope } from '../../src/ports/index.ts';
import { postgresFence } from '../../src/providers/postgres/fence.ts';
import { PASSWORD, type PostgresServer } from '../support/postgres-server.ts';

const BOOK =
  'CREATE TABLE cutover_fence (service text PRIMARY KEY, turn bigint NOT NULL, frozen boolean NOT NULL, grants json NOT NULL)';

/** A group that may write, the service in it, a right to one column, one that may be handed on, and one of everybody. */
const SCHEMA = `
DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC;
DO $$ BEGIN
  CREATE ROLE writers; CREATE ROLE keeper LOGIN PASSWORD '${PASSWORD}';
  CREATE ROLE app LOGIN PASSWORD '${PASSWORD}' IN ROLE writers; CREATE ROLE other LOGIN PASSWORD '${PASSWORD}';
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT CREATE ON SCHEMA public TO keeper; SET ROLE keeper;
${BOOK};
CREATE TABLE orders (id int, note text) PARTITION BY LIST (id);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES IN (1); CREATE TABLE orders_2 PARTITION OF orders DEFAULT;
CREATE TABLE "Odd name" (id int, note text, "a b" int);
CREATE VIEW recent AS SELECT * FROM orders;
GRANT SELECT, INSERT, DELETE ON orders, recent TO writers; GRANT UPDATE ON orders TO app WITH GRANT OPTION;
GRANT INSERT ON orders_1 TO PUBLIC; GRANT SELECT, INSERT, UPDATE ON orders_2 TO other;
RESET ROLE;`;

export interface PostgresFenceEnv extends FenceEnv {
  readonly open: (options?: object) => FencePort;
  /** The service's own connections. */
  readonly pool: Pool;
}

/** @param through the address that the service comes by */
export async function fenceEnv(
  server: PostgresServer,
  through: { readonly port: number } = server,
): Promise<PostgresFenceEnv> {
  await server.run(SCHEMA);
  const env = {
    FENCE_PGUSER: 'keeper',
    FENCE_PGPASSWORD: PASSWORD,
    SERVICE_URL: `postgres://app:${PASSWORD}@127.0.0.1:${through.port}/postgres`,
  };
  const open = (options = {}): FencePort =>
    postgresFence(
      {
        use: 'postgres',
        url: `postgres://127.0.0.1:${server.port}/postgres`,
        tls: 'off',
        tables: ['orders'],
        roles: ['app'],
        pools: ['SERVICE_URL'],
        waitMs: 300,
        timeoutMs: 20_000,
        ...options,
      },
      { service: 'docs', env } as unknown as ProviderScope,
    );
  const pool = new Pool({ connectionString: env.SERVICE_URL, max: 3, ssl: false });
  pool.on('error', () => undefined);
  const isTaken = (sql: string): Promise<boolean> =>
    pool.query(sql).then(
      () => true,
      (error: unknown) => {
        if ((error as { code?: string }).code === '42501') return false;
        throw error;
      },
    );
  return {
    pool,
    open,
    port: open(),
    async write() {
      const taken = [
        await isTaken(`INSERT INTO orders VALUES (1, 'x')`),
        await isTaken(`INSERT INTO orders_1 VALUES (1, 'x')`),
        await isTaken(`INSERT INTO recent VALUES (2, 'x')`),
        await isTaken(`UPDATE orders SET note = 'y' WHERE id = 1`),
      ];
      if (new Set(taken).size > 1) throw new Error(`some writes were taken: ${taken.join(', ')}`);
      return taken[0] === true;
    },
    async rights() {
      const rows =
        await server.run(`SELECT c.oid::regclass::text AS name, a.grantor::regrole, a.grantee::regrole, a.privilege_type, a.is_grantable
        FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        UNION ALL SELECT t.attrelid::regclass || '.' || t.attname, a.grantor::regrole, a.grantee::regrole, a.privilege_type, a.is_grantable
        FROM pg_attribute AS t, aclexplode(t.attacl) AS a WHERE t.attacl IS NOT NULL AND t.attrelid > 16384 ORDER BY 1, 2, 3, 4`);
      return JSON.stringify(rows);
    },
    async begin() {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query(`INSERT INTO orders VALUES (1, 'older')`);
      return async () => {
        await client.query('COMMIT');
        client.release();
      };
    },
    async close() {
      await pool.end();
    },
  };
}
