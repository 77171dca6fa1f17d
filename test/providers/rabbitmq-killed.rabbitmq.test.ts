/** Workers that move jobs of RabbitMQ and are killed in the middle, through a slow line. */
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { KILLED_TITLE, killMovers, KILLS } from '../support/killed-movers.ts';
import { sharedRabbit, type RabbitServer } from '../support/rabbitmq-server.ts';
import { rabbitPairOf } from './rabbitmq-env.ts';

/** So many a move has in hand, for which the broker may have no acknowledgement when it is killed. */
const BATCH = 500;

let server: RabbitServer;
before(async () => {
  server = await sharedRabbit();
});

void it(`${KILLED_TITLE}: none is lost, and by their keys none is done twice`, async (t) => {
  assert.ok((await killMovers(t, await rabbitPairOf(t, server))) <= KILLS * BATCH);
});
