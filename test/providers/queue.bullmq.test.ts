/** Provider `bullmq` against the library over a real Redis. */
import { after, before } from 'node:test';
import { queuePortSuite } from '../../src/conformance/queue.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { bullPair } from './bullmq-env.ts';

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

queuePortSuite('bullmq', () => bullPair(server));
