/**
 * Provider `postgres`: the edge config in one row of a PostgreSQL.
 * Options: `url` or `urlEnv`, `table`, `tls`, `failover`, `timeoutMs`. Environment: POSTGRES_URL, PGUSER, PGPASSWORD.
 */
import { defineProvider } from '../../ports/index.ts';
import { postgresStore } from './store.ts';

export const provider = defineProvider({ name: 'postgres', store: postgresStore });
