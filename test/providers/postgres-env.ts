/** A row of a PostgreSQL as the suite of stores wants it: each environment is a table of its own. */
import type { StoreEnv } from '../../src/conformance/store.ts';
import type { ConfigStorePort, ProviderScope } from '../../src/ports/index.ts';
import { postgresStore } from '../../src/providers/postgres/store.ts';
import { OWNER, PASSWORD, type PostgresServer } from '../support/postgres-server.ts';
import { stoppable } from '../support/stoppable-store.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

/** A connection begins with a password, so that a writer has something to wait for before it asks. */
export const ENV = { PGUSER: OWNER, PGPASSWORD: PASSWORD };
export const TABLE = 'cutover_config';

export function refTo(
  at: { readonly port: number },
  options: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> & { readonly use: string } {
  return { use: 'postgres', url: `postgres://127.0.0.1:${at.port}/postgres`, tls: 'off', ...options };
}

export function openStore(
  at: { readonly port: number },
  { env = ENV, service = 'docs', ...options }: Readonly<Record<string, unknown>> = {},
): ConfigStorePort {
  return postgresStore(refTo(at, options), { service, env } as unknown as ProviderScope);
}

export async function createTable({ run }: PostgresServer, table: string = TABLE): Promise<void> {
  await run(`CREATE TABLE ${table} (service text PRIMARY KEY, config json NOT NULL)`);
}

let tables = 0;

/** @param through the address of the port, where that is not the server's own */
export async function postgresEnv(
  server: PostgresServer,
  {
    through = server,
    ...options
  }: Readonly<Record<string, unknown>> & {
    readonly through?: { readonly port: number };
  } = {},
): Promise<StoreEnv> {
  const table = `config_${(tables += 1)}`;
  await createTable(server, table);
  const proxy = await tcpProxy(through.port);
  const port = openStore(proxy, { table, ...options });
  const ref = refTo(proxy, { table, ...options });
  return {
    service: 'docs',
    another: () => openStore(server, { table, ...options }),
    ...stoppable(port, { ref, service: 'docs', env: ENV }, proxy),
    loseAnswer: () => proxy.spoil('RETURNING', 'lost'),
    close: () => proxy.close(),
  };
}
