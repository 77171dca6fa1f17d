/**
 * Provider `redis`: the edge config in one key of a Redis.
 * Options: `url` or `urlEnv`, `prefix`, `replicas`, `timeoutMs`. Environment: REDIS_URL, REDIS_USERNAME, REDIS_PASSWORD.
 */
import { defineProvider } from '../../ports/index.ts';
import { redisStore } from './store.ts';

export const provider = defineProvider({ name: 'redis', store: redisStore });
