/**
 * The variables that every router reads, whatever it runs on, and what they say.
 *
 * Invariant: a variable that cannot be read is an error that names it, never a default.
 */
import { isColor, type Color } from '../domain/color.ts';
import { pinSecrets } from '../domain/pin.ts';
import { ownDialect, sameDialects } from '../domain/streams/own.ts';
import type { RouterSettings } from './job.ts';
import { readDialects } from './read-dialects.ts';
import type { Sticky } from './sticky.ts';

/** Lists are comma-separated; everything with a default may be absent. */
export interface RouterVariables {
  readonly SERVICE: string;
  readonly REGION?: string;
  readonly EDGE_POP?: string;
  readonly ADMIN_TOKEN: string;
  /** Accepted secrets of signed pins: current, next. */
  readonly PIN_SECRETS?: string;
  /** Keys the hashes of users in log lines. @default derived from the first of `PIN_SECRETS`, else from `ADMIN_TOKEN` */
  readonly CUTOVER_USER_SECRET?: string;
  /** Header with the user's id; one of the three ways to know a user. @default x-user-id */
  readonly STICKY_HEADER?: string;
  /** Cookie with the user's id. */
  readonly STICKY_COOKIE?: string;
  /** `1`: the router sets the cookie `cutover_id` itself. */
  readonly STICKY_ANONYMOUS?: string;
  /** Where everything goes until a first config is written: the color that is live. @default blue */
  readonly DEFAULT_COLOR?: string;
  /** How long a color may take until its headers, ms. @default 60000 */
  readonly ORIGIN_TIMEOUT_MS?: string;
  /** How long a WebSocket may stay on a color after its user has left it, ms. @default 60000 */
  readonly SOCKET_GRACE_MS?: string;
  /** Origins of pages that may read the router's own answers; `*` is all, without credentials. @default none */
  readonly CORS_ORIGINS?: string;
  /** Path prefixes that only signed pins reach; empty: none. @default /.well-known/cutover,/__fault */
  readonly HIDDEN_ROUTES?: string;
  /** Path prefixes whose unsafe methods are writes. */
  readonly WRITE_ROUTES?: string;
  /** Those of them that enqueue a job. */
  readonly ENQUEUE_ROUTES?: string;
  /** Path prefixes whose GET answers may be cached. */
  readonly CACHE_ROUTES?: string;
  /** How long a read config is served without asking again, ms. */
  readonly CONFIG_TTL_MS?: string;
  /** Age from which a config is doubt, ms. @default 60000 */
  readonly MAX_STALE_MS?: string;
  /** Stream dialects of your own: a JSON list as in a plan's `probes.dialects`. */
  readonly STREAM_DIALECTS?: string;
}

/** What a router is told, apart from what its runtime adds. */
export interface ReadVariables {
  readonly settings: Omit<RouterSettings, 'origins' | 'maxBodyBytes'>;
  readonly cacheRoutes: readonly string[];
  readonly socketGraceMs: number;
  readonly configTtlMs: number;
  readonly maxStaleMs: number;
  /** The dialects as `sameDialects` writes them. */
  readonly dialects: string;
  /** Key of the hashes of users, and what it is derived from where it is ''. */
  readonly userSecret: { readonly own: string; readonly fallback: string };
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** @throws Error that names the variable. */
export function readVariables(env: RouterVariables, defaultTtlMs: number): ReadVariables {
  const own = readDialects(env.STREAM_DIALECTS ?? '[]');
  const secrets = pinSecrets(env.PIN_SECRETS);
  return {
    settings: {
      service: env.SERVICE,
      region: env.REGION ?? 'global',
      pop: env.EDGE_POP ?? '',
      sticky: stickyOf(env),
      defaultColor: defaultColorOf(env),
      pinSecrets: secrets,
      writeRoutes: list(env.WRITE_ROUTES),
      enqueueRoutes: list(env.ENQUEUE_ROUTES),
      hiddenRoutes: list(env.HIDDEN_ROUTES ?? '/.well-known/cutover,/__fault'),
      corsOrigins: list(env.CORS_ORIGINS),
      dialects: own.map(ownDialect),
      originTimeoutMs: ms(env, 'ORIGIN_TIMEOUT_MS', 60_000),
    },
    cacheRoutes: list(env.CACHE_ROUTES),
    socketGraceMs: ms(env, 'SOCKET_GRACE_MS', 60_000),
    configTtlMs: ms(env, 'CONFIG_TTL_MS', defaultTtlMs),
    maxStaleMs: ms(env, 'MAX_STALE_MS', 60_000),
    dialects: sameDialects(own),
    userSecret: { own: env.CUTOVER_USER_SECRET ?? '', fallback: secrets[0] ?? env.ADMIN_TOKEN },
  };
}

function defaultColorOf({ DEFAULT_COLOR }: RouterVariables): Color {
  const color = DEFAULT_COLOR ?? 'blue';
  if (isColor(color)) return color;
  throw new Error(`DEFAULT_COLOR must be blue or green, not "${color}"`);
}

function stickyOf(env: RouterVariables): Sticky {
  const header = env.STICKY_HEADER ?? '';
  const cookie = env.STICKY_COOKIE ?? '';
  const anonymous = env.STICKY_ANONYMOUS === '1';
  if ([header !== '', cookie !== '', anonymous].filter(Boolean).length > 1) {
    throw new Error('set one of STICKY_HEADER, STICKY_COOKIE and STICKY_ANONYMOUS: a user has one key');
  }
  if (anonymous) return { anonymous };
  return cookie === '' ? { header: (header === '' ? 'x-user-id' : header).toLowerCase() } : { cookie };
}

function ms(
  env: RouterVariables,
  name: 'CONFIG_TTL_MS' | 'MAX_STALE_MS' | 'ORIGIN_TIMEOUT_MS' | 'SOCKET_GRACE_MS',
  fallback: number,
): number {
  const said = env[name]?.trim() ?? '';
  // Compose and Helm hand on a variable that nobody set as an empty one; 0 would time out every request.
  const value = said === '' ? fallback : Number(said);
  if (Number.isFinite(value) && value >= 0 && value <= MAX_TIMER_MS) return value;
  throw new Error(`${name} must be milliseconds, not "${env[name]}"`);
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
