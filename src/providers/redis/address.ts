/** Where Redis is and who we are there. */
import type { ProviderScope } from '../../ports/index.ts';
import { serviceAddress, type AddressForm } from '../service-address.ts';
import type { RedisAddress } from './connection.ts';

const FORM = {
  of: 'a Redis',
  schemes: ['redis', 'rediss'],
  defaultPort: 6379,
  path: /^\d{0,5}$/,
  form: 'redis://host:port/number, or rediss://… for TLS',
} as const;

/** By the port that is opened: the Redis of the edge config and the one of a service's cache are seldom the same. */
const OF_PORT = {
  store: { option: 'edge.store.url', username: 'REDIS_USERNAME', password: 'REDIS_PASSWORD' },
  queue: { option: 'queue.url', username: 'REDIS_USERNAME', password: 'REDIS_PASSWORD' },
  cache: { option: 'cache.url', username: 'CACHE_REDIS_USERNAME', password: 'CACHE_REDIS_PASSWORD' },
} as const satisfies Readonly<Record<string, Pick<AddressForm, 'option' | 'username' | 'password'>>>;

/** @throws UserError that names where the address stands, and never what it is. */
export function redisAddress(
  port: keyof typeof OF_PORT,
  from: { readonly url?: string | undefined; readonly urlEnv: string },
  env: ProviderScope['env'],
): RedisAddress {
  const { scheme, path, ...address } = serviceAddress({ ...FORM, ...OF_PORT[port] }, from, env);
  return { ...address, tls: scheme === 'rediss', database: Number(path) };
}
