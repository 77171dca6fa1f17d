/** Workers that move jobs on JetStream and are killed in the middle, through a slow line. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { KILLED_TITLE, killMovers, KILLS } from '../support/killed-movers.ts';
import { startNats, type NatsServer } from '../support/nats-server.ts';
import { natsPairOf } from './nats-env.ts';

/** Each kill costs what was in hand a delivery. */
const MOST = 2 * KILLS;

let server: NatsServer;
before(async () => {
  server = await startNats();
});
after(() => server.stop());

void it(`${KILLED_TITLE}: none is lost, none is there twice`, async (t) => {
  assert.equal(await killMovers(t, await natsPairOf(t, server, 2000, MOST)), 0);
});
