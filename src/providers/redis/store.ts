/**
 * Config store in one key of a Redis.
 *
 * Invariant: a write is one script, which compares, sets and tells what stands. It is ours already when what stands has its generation and
 * its writer. With `replicas` it is done only when so many have it.
 */
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { MAX_CONFIG_BYTES } from '../../edge/parse-config.ts';
import type { ConfigStorePort, ProviderScope } from '../../ports/index.ts';
import { ConfigPlace } from '../config-place.ts';
import { parseOptions } from '../options.ts';
import { Redis, type Send } from './connection.ts';
import { manifest } from './manifest.ts';
import { redisAddress } from './address.ts';
import { READ, WRITE } from './scripts.ts';

/** What stays of the time of a call for the answer of WAIT to come back, ms. */
const ANSWER_MS = 100;
const ASKER = {
  provider: 'redis',
  rights: '`+eval +time +type +strlen +get +set +wait +info` on the key',
  variables: 'REDIS_USERNAME and REDIS_PASSWORD',
};
/** Redis compares and sets by itself, but replicates later than it answers. */
const FAILOVER = {
  how: 'a failover of Redis may take back a write that it acknowledged',
  fix: 'write `replicas: 1` (as many as there are) in edge.store; one Redis alone has no failover and needs nothing; else the older generation is noticed at the next look, and written anew',
};

/** @throws UserError when an option or the address is wrong. */
export function redisStore(ref: ProviderRef, { env, service }: ProviderScope): ConfigStorePort {
  const options = parseOptions(manifest.ports.store, ref, 'store');
  const { replicas } = options;
  const key = options.prefix + service;
  const redis = new Redis(redisAddress('store', options, env), options.timeoutMs, ASKER);
  const place = new ConfigPlace('redis', `${redis.where}, key ${key}`, 'name another `prefix`, or delete it');

  const read = async (send: Send, isStrict = false): Promise<Answer> =>
    answerOf(await send('EVAL', READ, 1, key, MAX_CONFIG_BYTES, isStrict ? 1 : 0), place);

  return {
    capabilities: {
      reads: 'linearizable',
      ...(replicas > 0 ? { fencing: 'strong' } : { fencing: 'weak', weakness: FAILOVER }),
    },

    async read(signal) {
      const { text } = await redis.ask(signal, (send) => read(send));
      return text === null ? null : place.config(text);
    },

    async compareAndSet(next, { signal, freezeForMs, follows = next.generation - 1 }) {
      const [head, tail] = place.document(next, freezeForMs);
      const { generation, writer } = next;
      const lease = freezeForMs === undefined ? '' : Math.ceil(freezeForMs);
      const words = [MAX_CONFIG_BYTES, service, generation, writer, head, tail, lease, follows];
      let isStored = false;
      const written = redis.ask(signal, async (send, leftMs) => {
        const { outcome, text } = answerOf(await send('EVAL', WRITE, 1, key, ...words), place);
        const stored = text === null ? null : place.config(text);
        if (outcome === 'lost') throw place.lost(generation, stored);
        if (stored === null || outcome === 'foreign') throw place.notOurs(`is not the config of ${service}`);
        isStored = true;
        if (replicas > 0) {
          const have = Number(await send('WAIT', replicas, Math.max(1, leftMs() - ANSWER_MS)));
          if (!(have >= replicas))
            throw new ProviderError('retry', 'redis', `${have} of ${replicas} replica(s) have it`);
        }
        return stored;
      });
      return written.catch((cause: unknown) => {
        if (!isStored || !(cause instanceof ProviderError) || signal?.aborted === true) throw cause;
        throw place.storedBut(generation, cause);
      });
    },

    async clock(signal) {
      return (await redis.ask(signal, (send) => read(send))).nowMs;
    },

    async check(signal) {
      await redis.ask(signal, async (send) => {
        const { text } = await read(send, true);
        if (text !== null) place.config(text);
        // Who may not ask that is not told either.
        const told = await send('INFO', 'memory').catch(() => '');
        const about = `${String(told)}\r\n${String(await send('INFO', 'replication').catch(() => ''))}`;
        const policy = field(about, 'maxmemory_policy') ?? '';
        if (policy.startsWith('allkeys') && field(about, 'maxmemory') !== '0') {
          throw new ProviderError(
            'human',
            'redis',
            `${redis.where}: its maxmemory-policy ${policy} may throw the edge config away: set noeviction, or one of volatile-…`,
          );
        }
        const connected = field(about, 'connected_slaves');
        if (connected === undefined || Number(connected) >= replicas) return;
        throw new ProviderError(
          'retry',
          'redis',
          `${redis.where}: it has ${connected} replica(s), the plan's \`replicas\` wants ${replicas}`,
        );
      });
    },

    async close() {
      redis.close();
    },
  };
}

interface Answer {
  readonly outcome: string;
  readonly nowMs: number;
  /** Null where nothing is stored. */
  readonly text: string | null;
}

function answerOf(answer: unknown, place: ConfigPlace): Answer {
  const [outcome, now, text, odd] = Array.isArray(answer) ? (answer as unknown[]) : [];
  if (typeof odd === 'string') throw place.notOurs(`holds ${odd}`);
  const nowMs = Number(now);
  if (typeof outcome !== 'string' || !Number.isSafeInteger(nowMs) || nowMs <= 0)
    throw new ProviderError('fatal', 'redis', `${place.name}: what answers there is no Redis`);
  return { outcome, nowMs, text: typeof text === 'string' ? text : null };
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
