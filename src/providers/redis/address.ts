/** Where Redis is and who we are there. */
import type { ProviderScope } from '../../ports/index.ts';
import { serviceAddress, type AddressForm } from '../service-address.ts';
import type { RedisAddress } from './connection.ts';

const FORM: Omit<AddressForm, 'option'> = {
  of: 'a Redis',
  schemes: ['redis', 'rediss'],
  defaultPort: 6379,
  path: /^\d{0,5}$/,
  form: 'redis://host:port/number, or rediss://… for TLS',
  username: 'REDIS_USERNAME',
  password: 'REDIS_PASSWORD',
};

/**
 * @param option the option of the plan that holds the address, by its path
 * @throws UserError that names where the address stands, and never what it is.
 */
export function redisAddress(
  from: { readonly url?: string | undefined; readonly urlEnv: string },
  env: ProviderScope['env'],
  option: string,
): RedisAddress {
  const { scheme, path, ...address } = serviceAddress({ ...FORM, option }, from, env);
  return { ...address, tls: scheme === 'rediss', database: Number(path) };
}
