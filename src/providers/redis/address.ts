/** Where Redis is and who we are there, from the plan and the worker's environment. */
import { UserError } from '../../domain/errors.ts';
import type { ProviderScope } from '../../ports/index.ts';
import type { RedisAddress } from './connection.ts';

const DEFAULT_PORT = 6379;

/**
 * @param url of the plan, without credentials, or of the environment, with them; REDIS_USERNAME and REDIS_PASSWORD win
 * @throws UserError that names where the address stands, and never what it is.
 */
export function redisAddress(
  url: string,
  from: { readonly url?: string | undefined; readonly urlEnv: string },
  env: ProviderScope['env'],
): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const database = /^\/?(\d{0,5})$/.exec(parsed?.pathname ?? '-')?.[1];
  const isRedis = parsed?.protocol === 'redis:' || parsed?.protocol === 'rediss:';
  if (parsed === null || !isRedis || parsed.hostname === '' || database === undefined) {
    throw new UserError(
      `${from.url === undefined ? from.urlEnv : 'edge.store.url'} is no address of a Redis`,
      {
        hint: 'write redis://host:port/number, or rediss://… for TLS',
      },
    );
  }
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    tls: parsed.protocol === 'rediss:',
    database: Number(database),
    username: env['REDIS_USERNAME'] || decoded(parsed.username),
    password: env['REDIS_PASSWORD'] || decoded(parsed.password),
  };
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
