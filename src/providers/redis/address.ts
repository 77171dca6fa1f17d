/** Where Redis is and who we are there. */
import type { ProviderScope } from '../../ports/index.ts';
import { serviceAddress, type AddressForm } from '../service-address.ts';
import type { RedisAddress } from './connection.ts';

const FORM: AddressForm = {
  of: 'a Redis',
  option: 'edge.store.url',
  schemes: ['redis', 'rediss'],
  defaultPort: 6379,
  path: /^\d{0,5}$/,
  form: 'redis://host:port/number, or rediss://… for TLS',
  username: 'REDIS_USERNAME',
  password: 'REDIS_PASSWORD',
};

/** @throws UserError that names where the address stands, and never what it is. */
export function redisAddress(
  from: { readonly url?: string | undefined; readonly urlEnv: string },
  env: ProviderScope['env'],
): RedisAddress {
  const { scheme, path, ...address } = serviceAddress(FORM, from, env);
  return { ...address, tls: scheme === 'rediss', database: Number(path) };
}
