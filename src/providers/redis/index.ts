/**
 * Provider `redis`: the edge config in one key of a Redis, and the answer cache that an app keeps under a prefix of each color.
 * Options of the store: `url` or `urlEnv`, `prefix`, `replicas`, `timeoutMs`. Environment: REDIS_URL, REDIS_USERNAME, REDIS_PASSWORD.
 * Options of the cache: `url` or `urlEnv`, `prefix`, `epoch`, `key`, `propagationMs`, `answerMs`, `timeoutMs`. Environment: CACHE_REDIS_URL,
 * CACHE_REDIS_USERNAME, CACHE_REDIS_PASSWORD.
 */
import { defineProvider } from '../../ports/index.ts';
import { redisCache } from './cache.ts';
import { redisStore } from './store.ts';

export const provider = defineProvider({ name: 'redis', store: redisStore, cache: redisCache });
