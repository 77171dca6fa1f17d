/**
 * Config store in one key of a Redis.
 *
 * Invariant: a write is one script, which compares, sets and tells what stands. It is ours already when what stands has its generation and
 * its writer. With `replicas` it is done only when so many have it.
 */
import type { EdgeConfig } from '../../domain/edge-config.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { knowSecret } from '../../domain/redact.ts';
import { MAX_CONFIG_BYTES, parseEdgeConfig } from '../../edge/parse-config.ts';
import type { ConfigStorePort, ProviderScope } from '../../ports/index.ts';
import { requireEnv } from '../../ports/secrets.ts';
import { parseOptions } from '../options.ts';
import { Redis, type Send } from './connection.ts';
import { manifest } from './manifest.ts';
import { redisAddress } from './address.ts';
import { READ, WRITE } from './scripts.ts';

/** What stays of the time of a call for the answer of WAIT to come back, ms. */
const ANSWER_MS = 100;
/** As the router's store has it. */
const LONGEST_FREEZE_MS = 24 * 3_600_000;
const LEASE_BYTES = 20;
/** Redis compares and sets by itself, but replicates later than it answers. */
const FAILOVER = {
  how: 'a failover of Redis may take back a write that it acknowledged',
  fix: 'write `replicas: 1` (as many as there are) in edge.store; without, the older generation is noticed at the next look, and written anew',
};

/** @throws UserError when an option or the address is wrong. */
export function redisStore(ref: ProviderRef, { env, service }: ProviderScope): ConfigStorePort {
  const options = parseOptions(manifest.ports.store, ref, 'store');
  const { replicas } = options;
  const key = options.prefix + service;
  const why = 'address of the Redis that holds the edge config';
  const address = redisAddress(options.url ?? requireEnv(env, options.urlEnv, why), options, env);
  knowSecret(address.password);
  const redis = new Redis(address, options.timeoutMs);
  const place = `${redis.where}, key ${key}`;

  const config = (text: string): EdgeConfig => configOf(text, place);
  const read = async (send: Send, isStrict = false): Promise<Answer> =>
    answerOf(await send('EVAL', READ, 1, key, MAX_CONFIG_BYTES, isStrict ? 1 : 0), place);

  return {
    capabilities: {
      reads: 'linearizable',
      ...(replicas > 0 ? { fencing: 'strong' } : { fencing: 'weak', weakness: FAILOVER }),
    },

    async read(signal) {
      const { text } = await redis.ask(signal, (send) => read(send));
      return text === null ? null : config(text);
    },

    async compareAndSet(next, { signal, freezeForMs }) {
      const [head, tail] = documentOf(next, freezeForMs, place);
      const { generation, writer } = next;
      const lease = freezeForMs === undefined ? '' : Math.ceil(freezeForMs);
      const words = [MAX_CONFIG_BYTES, service, generation, writer, head, tail, lease];
      let isStored = false;
      const written = redis.ask(signal, async (send, leftMs) => {
        const { outcome, text } = answerOf(await send('EVAL', WRITE, 1, key, ...words), place);
        const stored = text === null ? null : config(text);
        if (outcome === 'lost') {
          throw new ProviderError(
            'reread',
            'redis',
            `generation ${generation} lost: ${place} is at ${stored?.generation ?? 0}, written by ${stored?.writer ?? 'nobody'}`,
          );
        }
        if (stored === null || outcome === 'foreign') throw notOurs(place, `is not the config of ${service}`);
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
        throw new ProviderError(
          cause.kind,
          'redis',
          `${place}: generation ${generation} is stored, but ${cause.message}`,
        );
      });
    },

    async clock(signal) {
      return (await redis.ask(signal, (send) => read(send))).nowMs;
    },

    async check(signal) {
      await redis.ask(signal, async (send) => {
        const { text } = await read(send, true);
        if (text !== null) config(text);
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

function answerOf(answer: unknown, place: string): Answer {
  const [outcome, now, text, odd] = Array.isArray(answer) ? (answer as unknown[]) : [];
  if (typeof odd === 'string') throw notOurs(place, `holds ${odd}`);
  const nowMs = Number(now);
  if (typeof outcome !== 'string' || !Number.isSafeInteger(nowMs) || nowMs <= 0)
    throw new ProviderError('fatal', 'redis', `${place}: what answers there is no Redis`);
  return { outcome, nowMs, text: typeof text === 'string' ? text : null };
}

function configOf(text: string, place: string): EdgeConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notOurs(place, 'is not JSON');
  }
  const config = parseEdgeConfig(value);
  if (typeof config === 'string') throw notOurs(place, config);
  return config;
}

/** The document in two parts, between which Redis writes the lease that it dates; whole in the first where there is none. */
function documentOf(next: EdgeConfig, freezeForMs: number | undefined, place: string): [string, string] {
  const whole = JSON.stringify(next);
  const problem = problemOf(next, freezeForMs, whole);
  if (problem !== null) throw new ProviderError('fatal', 'redis', `${place}: not written: ${problem}`);
  if (freezeForMs === undefined) return [whole, ''];
  const { freezeUntilMs: _, ...others } = next;
  return [`${JSON.stringify(others).slice(0, -1)},"freezeUntilMs":`, '}'];
}

/** Redis would store it as it is, and nobody could read it again. */
function problemOf(next: EdgeConfig, freezeForMs: number | undefined, whole: string): string | null {
  const parsed = parseEdgeConfig(next);
  if (typeof parsed === 'string') return parsed;
  // The lease that Redis writes may be longer than the one that stands here.
  if (Buffer.byteLength(whole) > MAX_CONFIG_BYTES - LEASE_BYTES) return `more than ${MAX_CONFIG_BYTES} bytes`;
  const isLease = freezeForMs === undefined || (freezeForMs > 0 && freezeForMs <= LONGEST_FREEZE_MS);
  return isLease ? null : `a freeze must be above 0 and at most ${LONGEST_FREEZE_MS} ms`;
}

function notOurs(place: string, why: string): ProviderError {
  return new ProviderError(
    'human',
    'redis',
    `${place}: what stands there is not ours: ${why}; name another \`prefix\`, or delete it`,
  );
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
