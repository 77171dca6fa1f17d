/**
 * The answer cache that an application keeps in a Redis: keys under a prefix of each color.
 *
 * Invariants: a purge looks at bounded pieces of the keyspace, so that Redis serves others in between, and starts again where another
 * server answers since; it says nothing of what it removed, look-ups do. It is asked of one whole keyspace: a node of a cluster holds a
 * part, and is refused. An app that adds an epoch to the prefix leaves its namespace at once, whatever the pieces still take.
 */
import { createHash } from 'node:crypto';
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import type { Doubt, CachePort, ProviderScope } from '../../ports/index.ts';
import { parseOptions } from '../options.ts';
import { redisAddress } from './address.ts';
import { NEXT_EPOCH, UNLINK_SOME } from './cache-scripts.ts';
import { Redis, type Send } from './connection.ts';
import { manifest } from './manifest.ts';
import { primeByApp } from './prime.ts';

const ASKER = {
  provider: 'redis',
  rights: '`+info +eval +scan +unlink +exists +get +incr +hget +hset +hexists +expire` on all keys',
  variables: 'CACHE_REDIS_USERNAME and CACHE_REDIS_PASSWORD',
};
/** Keys that one step looks at: some milliseconds of Redis. */
const PIECE = 1000;
const LOOKUP_PIECE = 500;
/** Pieces in which preflight looks for one key of the prefix. */
const SOUGHT_PIECES = 100;
/** A purge is remembered so long, s: longer than any switch. */
const REMEMBERED_S = 30 * 86_400;

interface Place {
  readonly prefix: string;
  /** The counter that the app reads; null where it adds none to the prefix. */
  readonly epoch: string | null;
  /** Which purges are done. */
  readonly purges: string;
}

/** @throws UserError when an option or the address is wrong. */
export function redisCache(ref: ProviderRef, { env, service, colorUrls }: ProviderScope): CachePort {
  const options = parseOptions(manifest.ports.cache, ref, 'cache');
  const redis = new Redis(redisAddress('cache', options, env), options.timeoutMs, ASKER);
  const placeOf = (color: Color): Place => ({
    prefix: options.prefix.replace('{color}', color),
    epoch: options.epoch?.replace('{color}', color) ?? null,
    purges: `cutover:purges:${service}:${color}`,
  });

  /** Asks a server that holds the whole keyspace. */
  const ask = <T>(
    signal: AbortSignal | undefined,
    work: (send: Send, about: { server: string; leftMs: () => number }) => Promise<T>,
  ): Promise<T> =>
    redis.ask(signal, async (send, leftMs) => {
      const server = await wholeServer(send, redis.where);
      return work(send, { server, leftMs });
    });

  const standing = async (color: Color, keys: readonly string[], signal?: AbortSignal): Promise<number> => {
    const names = [...new Set(keys)].map((key) => spelt(options.key, key));
    let found = 0;
    for (let start = 0; start < names.length; start += LOOKUP_PIECE) {
      found += await ask(signal, async (send) => {
        const namespace = await namespaceOf(send, placeOf(color));
        const piece = names.slice(start, start + LOOKUP_PIECE).map((name) => namespace + name);
        return Number(await send('EXISTS', ...piece));
      });
    }
    return found;
  };

  /** Unlinks whatever stands under the prefix, but for what stands under the epoch of now. */
  const empty = async ({ prefix, epoch }: Place, signal: AbortSignal | undefined): Promise<void> => {
    const words = [patternOf(prefix), PIECE, prefix, epoch ?? ''];
    let cursor = '0';
    let before: string | null = null;
    do {
      cursor = await ask(signal, async (send, { server, leftMs }) => {
        // A cursor is worth nothing on another server.
        let next = before === null || before === server ? cursor : '0';
        before = server;
        do next = firstOf(await send('EVAL', UNLINK_SOME, 0, next, ...words));
        while (next !== '0' && leftMs() > options.timeoutMs / 2);
        return next;
      });
    } while (cursor !== '0');
  };

  return {
    async purge(color, { idempotencyKey, signal }) {
      const place = placeOf(color);
      if (place.epoch !== null) {
        const words = [2, place.epoch, place.purges, idempotencyKey, REMEMBERED_S];
        const epoch = await ask(signal, (send) => send('EVAL', NEXT_EPOCH, ...words));
        await empty(place, signal);
        return { namespace: `${place.prefix}${String(epoch)}:` };
      }
      const done = await ask(signal, (send) => send('HEXISTS', place.purges, idempotencyKey));
      // What was primed since a purge that is repeated stays.
      if (Number(done) === 1) return { namespace: place.prefix };
      await empty(place, signal);
      await ask(signal, async (send) => {
        await send('HSET', place.purges, idempotencyKey, '');
        await send('EXPIRE', place.purges, REMEMBERED_S);
      });
      return { namespace: place.prefix };
    },

    async verifyPurged(color, keys, signal) {
      return { checked: keys.length, stillCached: await standing(color, keys, signal) };
    },

    prime: (color, keys, { signal }) =>
      primeByApp(keys, {
        base: colorUrls[color],
        answerMs: options.answerMs,
        // An app that read the epoch just before the purge fills the old namespace for a while.
        lateMs: options.epoch === undefined ? 0 : options.propagationMs,
        isCached: async (key) => (await standing(color, [key], signal)) > 0,
        signal,
      }),

    async check(color, keys, signal) {
      if ((await standing(color, keys, signal)) > 0) return [];
      const place = placeOf(color);
      const isBegun = await ask(signal, async (send) => {
        const pattern = patternOf(await namespaceOf(send, place));
        let cursor = '0';
        for (let piece = 0; piece < SOUGHT_PIECES; piece += 1) {
          const answer = await send('SCAN', cursor, 'MATCH', pattern, 'COUNT', PIECE);
          const [, found] = answer as [unknown, readonly unknown[]];
          if (found.length > 0) return true;
          cursor = firstOf(answer);
          if (cursor === '0') break;
        }
        return false;
      });
      if (!isBegun) return [nothingThere(color, place.prefix)];
      return keys.length === 0 ? [] : [otherNames(color, keys.length, options.key)];
    },

    async close() {
      redis.close();
    },
  };
}

async function namespaceOf(send: Send, { prefix, epoch }: Place): Promise<string> {
  if (epoch === null) return prefix;
  const now = await send('GET', epoch);
  return `${prefix}${typeof now === 'string' ? now : '0'}:`;
}

/** What an app writes behind the prefix for a path and query. */
function spelt(how: 'path' | 'sha256' | 'md5', key: string): string {
  return how === 'path' ? key : createHash(how).update(key).digest('hex');
}

function patternOf(prefix: string): string {
  return `${prefix.replaceAll(/[*?[\]\\]/g, '\\$&')}*`;
}

/** The cursor stands first in what a scan answers. */
function firstOf(answer: unknown): string {
  const [first] = Array.isArray(answer) ? (answer as unknown[]) : [];
  return typeof first === 'string' ? first : '0';
}

/** @returns which server answers: a failover leads to another one */
async function wholeServer(send: Send, where: string): Promise<string> {
  const about = `${String(await send('INFO', 'server'))}\r\n${String(await send('INFO', 'replication'))}`;
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(about)?.[1] ?? '';
  const refused = (kind: ProviderError['kind'], why: string): ProviderError =>
    new ProviderError(kind, 'redis', `${where}: ${why}`);
  if (field('redis_mode') === 'cluster')
    throw refused('fatal', 'it is a node of a Redis Cluster and holds a part of the keys: not supported');
  if (field('role') === 'slave')
    throw refused('retry', 'it is a replica: the address must lead to the primary, also after a failover');
  return field('run_id');
}

function nothingThere(color: Color, prefix: string): Doubt {
  return {
    severity: 'warning',
    what: `no key of ${color} begins with ${prefix}: a purge would remove nothing`,
    fix: 'write as `prefix` of the cache what the app puts before its keys; pass over it where the cache is empty',
  };
}

function otherNames(color: Color, keys: number, how: string): Doubt {
  return {
    severity: 'warning',
    what: `none of ${keys} popular keys of ${color} stands in the cache by \`key: ${how}\`: look-ups after a purge would prove nothing`,
    fix: 'write as `key` of the cache how the app names the entry of a path and query',
  };
}
