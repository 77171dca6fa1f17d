/** What `cutover router` was told, checked: flags, the router's variables, and where the edge config is. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { isRecord } from '../domain/is-record.ts';
import type { ProviderRef } from '../domain/plan.ts';
import { DEFAULT_LIMITS, type Limits } from '../edge/node/limits.ts';
import { readVariables, type ReadVariables } from '../edge/settings.ts';
import { flag, list, text, type Context } from './spec.ts';

type Given = Pick<Context, 'values' | 'env'>;

/** Where the edge config is: in a file, or in a store by its provider. */
export type ConfigSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'store'; readonly ref: ProviderRef };

export type SinkSpec =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'http' | 'otlp'; readonly url: string };

export interface RouterOptions {
  readonly told: ReadVariables;
  readonly adminToken: string;
  readonly origins: { readonly blue: URL; readonly green: URL };
  readonly source: ConfigSource;
  readonly sinks: readonly SinkSpec[];
  /** Headers of every request to an HTTP sink. */
  readonly sinkHeaders: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
  readonly processes: number;
  readonly trustForwarded: boolean;
  readonly limits: Limits;
  readonly originIdleMs: number;
  readonly cacheBytes: number;
  readonly drainDelayMs: number;
  readonly drainLimitMs: number;
}

const MAX_PROCESSES = 64;
const DEFAULT_TTL_MS = 1000;
/** Other names of a store in the scheme of its address. */
const PROVIDER_OF: Readonly<Record<string, string>> = { rediss: 'redis', postgresql: 'postgres' };
const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** @throws UserError that names the flag or variable. */
export function routerOptions(given: Given): RouterOptions {
  const { env } = given;
  const service = text(given, 'service') ?? required(env, 'SERVICE', '--service');
  const adminToken = required(env, 'ADMIN_TOKEN', null);
  const [host, port] = listenOf(text(given, 'listen') ?? '127.0.0.1:8080');
  const limits = limitsOf(given);
  return {
    told: variables(
      { ...env, ...stickyOf(text(given, 'sticky')), SERVICE: service, ADMIN_TOKEN: adminToken },
      given,
    ),
    adminToken,
    origins: {
      blue: originOf(text(given, 'blue') ?? required(env, 'ORIGIN_BLUE', '--blue'), 'blue'),
      green: originOf(text(given, 'green') ?? required(env, 'ORIGIN_GREEN', '--green'), 'green'),
    },
    source: sourceOf(text(given, 'config')),
    sinks: sinksOf(list(given, 'log')),
    sinkHeaders: headersOf(env['LOG_HEADERS'] ?? ''),
    host,
    port,
    processes: whole(text(given, 'cluster') ?? '1', '--cluster', MAX_PROCESSES),
    trustForwarded: flag(given, 'trust-forwarded'),
    limits,
    originIdleMs: someTime(given, 'origin-idle', 4000),
    cacheBytes: size(given, 'cache', 64 * 1024 ** 2),
    drainDelayMs: duration(given, 'drain-delay', 5000),
    drainLimitMs: duration(given, 'drain-limit', 20_000),
  };
}

function limitsOf(given: Given): Limits {
  const { maxConnections, maxBodyBytes, maxHeaderBytes, keepAliveMs, headersMs, requestMs } = DEFAULT_LIMITS;
  const wholeMs = duration(given, 'request-timeout', requestMs);
  const ownMs = someTime(given, 'headers-timeout', headersMs);
  return {
    maxConnections: whole(text(given, 'max-connections') ?? String(maxConnections), '--max-connections', 1e6),
    maxBodyBytes: size(given, 'max-body', maxBodyBytes),
    maxHeaderBytes: size(given, 'max-header', maxHeaderBytes),
    keepAliveMs: someTime(given, 'keep-alive', keepAliveMs),
    // They are a part of the whole; Node takes no longer time for them.
    headersMs: wholeMs === 0 ? ownMs : Math.min(ownMs, wholeMs),
    requestMs: wholeMs,
  };
}

function variables(
  env: NodeJS.ProcessEnv & { SERVICE: string; ADMIN_TOKEN: string },
  given: Given,
): ReadVariables {
  const region = text(given, 'region');
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  try {
    return readVariables(
      {
        ...set,
        SERVICE: env.SERVICE,
        ADMIN_TOKEN: env.ADMIN_TOKEN,
        ...(region === undefined ? {} : { REGION: region }),
      },
      DEFAULT_TTL_MS,
    );
  } catch (cause) {
    throw new UserError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function required(env: NodeJS.ProcessEnv, name: string, flagName: string | null): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const hint =
    flagName === null
      ? 'it is a secret, so no flag takes it; docs/router.md lists the variables'
      : `give ${flagName}, or set the variable`;
  throw new UserError(`${name} is not set`, { hint });
}

/** The flag takes the place of all three variables. */
function stickyOf(said: string | undefined): NodeJS.ProcessEnv {
  if (said === undefined) return {};
  const none = { STICKY_HEADER: '', STICKY_COOKIE: '', STICKY_ANONYMOUS: '' };
  const [kind, name = ''] = said.split(/:(.*)/s);
  if (kind === 'anonymous' && name === '') return { ...none, STICKY_ANONYMOUS: '1' };
  if (kind === 'header' && name !== '') return { ...none, STICKY_HEADER: name };
  if (kind === 'cookie' && name !== '') return { ...none, STICKY_COOKIE: name };
  throw new UserError(`--sticky ${said} is none`, {
    hint: 'write header:x-user-id, cookie:sid or anonymous',
  });
}

function originOf(said: string, color: string): URL {
  const url = URL.canParse(said) ? new URL(said) : null;
  const isPlain = url !== null && url.search === '' && url.hash === '' && !hasCredentials(url);
  if (isPlain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new UserError(`the address of ${color} is none: ${withoutCredentials(said).slice(0, 100)}`, {
    hint: 'write http://host:port or https://host, without a query and without credentials',
  });
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

/** An address as a message may show it. */
function withoutCredentials(said: string): string {
  return said.replace(/\/\/.*@/s, '//…@');
}

/** A path, an address whose scheme names a store, the name of a store's provider, or a reference as in a plan, as JSON. */
function sourceOf(said: string | undefined): ConfigSource {
  if (said === undefined) {
    throw new UserError('--config is missing: where the edge config is', {
      hint: 'a file (./edge.json), an address (redis://host:6379/0), a store’s name (redis) or {"use": "redis", …} as in a plan',
    });
  }
  if (said.startsWith('{')) return { kind: 'store', ref: refOf(said) };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(said)?.[1];
  if (scheme === 'file') return { kind: 'file', path: pathOf(said) };
  if (scheme !== undefined) return { kind: 'store', ref: { use: PROVIDER_OF[scheme] ?? scheme, url: said } };
  if (/^[a-z][a-z0-9-]*$/.test(said)) return { kind: 'store', ref: { use: said } };
  return { kind: 'file', path: resolve(said) };
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (cause) {
    throw new UserError(`--config ${address} is no file`, {
      hint: 'write file:///etc/cutover/edge.json',
      cause,
    });
  }
}

function refOf(json: string): ProviderRef {
  try {
    const ref: unknown = JSON.parse(json);
    if (isRecord(ref) && typeof ref['use'] === 'string') return ref as ProviderRef;
  } catch {
    // Told below.
  }
  throw new UserError('--config is no reference to a store', {
    hint: 'write {"use": "redis", …} as in a plan',
  });
}

function sinksOf(said: readonly string[]): readonly SinkSpec[] {
  return (said.length === 0 ? ['stdout'] : said)
    .filter((one) => one !== 'none')
    .map((one): SinkSpec => {
      if (one === 'stdout') return { kind: 'stdout' };
      const [, otlp, url] = /^(otlp:)?(https?:\/\/.+)$/.exec(one) ?? [];
      if (url !== undefined && URL.canParse(url) && !hasCredentials(new URL(url)))
        return { kind: otlp === undefined ? 'http' : 'otlp', url };
      if (/^(otlp:|[a-z]+:\/\/)/i.test(one) || one === '') {
        throw new UserError(`--log ${withoutCredentials(one)} is none`, {
          hint: 'write stdout, a path, http(s)://…, otlp:http(s)://…/v1/logs or none; credentials go into LOG_HEADERS',
        });
      }
      return { kind: 'file', path: resolve(one) };
    });
}

/** `name=value`, comma-separated, as OpenTelemetry writes them. */
function headersOf(said: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    said
      .split(',')
      .filter((pair) => pair.trim() !== '')
      .map((pair) => {
        const at = pair.indexOf('=');
        if (at < 1) throw new UserError('LOG_HEADERS is none', { hint: 'write name=value,name=value' });
        return [pair.slice(0, at).trim().toLowerCase(), pair.slice(at + 1).trim()];
      }),
  );
}

function listenOf(said: string): [string, number] {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(said) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new UserError(`--listen ${said} is no address`, { hint: 'write 0.0.0.0:8080, [::]:8080 or 8080' });
  }
  return [(host ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1'), Number(port)];
}

function duration(given: Given, name: string, fallbackMs: number): number {
  const said = text(given, name);
  const ms = said === undefined ? fallbackMs : parseDuration(said);
  if (ms !== null && ms <= 2 ** 31 - 1) return ms;
  throw new UserError(`--${name} ${said} is no duration`, { hint: 'write 250ms, 75s or 2m' });
}

/** Node takes 0 for "for ever" here, the contrary of what it says. */
function someTime(given: Given, name: string, fallbackMs: number): number {
  const ms = duration(given, name, fallbackMs);
  if (ms > 0) return ms;
  throw new UserError(`--${name} must be longer than 0`, { hint: 'write 250ms, 75s or 2m' });
}

function size(given: Given, name: string, fallbackBytes: number): number {
  const said = text(given, name);
  if (said === undefined) return fallbackBytes;
  const [, number, unit] = /^(\d{1,12})(KB|MB|GB|)$/.exec(said) ?? [];
  const factor = SIZE_UNITS[unit ?? '-'];
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new UserError(`--${name} ${said} is no size`, { hint: 'write 32MB, 64KB or a number of bytes' });
}

function whole(said: string, name: string, max: number): number {
  const number = /^\d{1,7}$/.test(said) ? Number(said) : 0;
  if (number >= 1 && number <= max) return number;
  throw new UserError(`${name} ${said} is no number from 1 to ${max}`);
}
