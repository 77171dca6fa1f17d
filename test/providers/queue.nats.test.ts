/** Provider `nats` against a real server. */
import { after, before } from 'node:test';
import { queuePortSuite } from '../../src/conformance/queue.ts';
import { startNats, type NatsServer } from '../support/nats-server.ts';
import { natsPair } from './nats-env.ts';

let server: NatsServer;
before(async () => {
  server = await startNats();
});
after(() => server.stop());

queuePortSuite('nats', () => natsPair(server));
