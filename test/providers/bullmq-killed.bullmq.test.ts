/** Workers that move jobs of BullMQ and are killed in the middle, through a slow line. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { KILLED_TITLE, killMovers } from '../support/killed-movers.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { bullPairOf } from './bullmq-env.ts';

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

void it(`${KILLED_TITLE}: none is lost, none is there twice`, async (t) => {
  assert.equal(await killMovers(t, await bullPairOf(t, server)), 0);
});
