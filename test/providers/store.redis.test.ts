/** Provider `redis` against real servers. */
import { storePortSuite } from '../../src/conformance/store.ts';
import { redisEnv } from './redis-env.ts';

storePortSuite('redis', () => redisEnv(0));
storePortSuite('redis with a replica', () => redisEnv(1));
