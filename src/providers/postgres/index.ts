/**
 * Provider `postgres`: the edge config in one row of a PostgreSQL, and a fence before writes to a service's tables.
 * Options of the store: `url` or `urlEnv`, `table`, `tls`, `failover`, `timeoutMs`. Environment: POSTGRES_URL, PGUSER, PGPASSWORD.
 * Options of the fence: `url` or `urlEnv`, `tables`, `roles`, `pools`, `book`, `waitMs`, `tls`, `timeoutMs`. Environment: FENCE_POSTGRES_URL,
 * FENCE_PGUSER, FENCE_PGPASSWORD, and what `pools` names.
 */
import { defineProvider } from '../../ports/index.ts';
import { postgresFence } from './fence.ts';
import { postgresStore } from './store.ts';

export const provider = defineProvider({ name: 'postgres', store: postgresStore, fence: postgresFence });
