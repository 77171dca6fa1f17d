/** Where PostgreSQL is and who we are there. */
import type { ProviderScope } from '../../ports/index.ts';
import { serviceAddress, type AddressForm, type ServiceAddress } from '../service-address.ts';

const FORM = {
  of: 'a PostgreSQL',
  schemes: ['postgres', 'postgresql'],
  defaultPort: 5432,
  path: /^[^/]+$/,
  form: 'postgres://host:port/database',
} as const;

/** By the port that is opened: the database of the edge config and that of a service's tables are seldom the same, nor are their users. */
const OF_PORT = {
  store: { option: 'edge.store.url', username: 'PGUSER', password: 'PGPASSWORD' },
  fence: { option: 'fence.url', username: 'FENCE_PGUSER', password: 'FENCE_PGPASSWORD' },
} as const satisfies Readonly<Record<string, Pick<AddressForm, 'option' | 'username' | 'password'>>>;

/** @throws UserError that names where the address stands, and never what it is. */
export function postgresAddress(
  port: keyof typeof OF_PORT,
  from: { readonly url?: string | undefined; readonly urlEnv: string },
  env: ProviderScope['env'],
): ServiceAddress {
  return serviceAddress({ ...FORM, ...OF_PORT[port] }, from, env);
}

/** Of a pool of the service's own, whose credentials stand in its address. */
export function poolAddress(variable: string, env: ProviderScope['env']): ServiceAddress {
  const own = { option: variable, username: '', password: '' };
  return serviceAddress({ ...FORM, ...own }, { urlEnv: variable }, env);
}
