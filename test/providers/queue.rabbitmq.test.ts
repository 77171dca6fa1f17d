/** Provider `rabbitmq` against a real broker, with both kinds of queue. */
import { before } from 'node:test';
import { queuePortSuite } from '../../src/conformance/queue.ts';
import { sharedRabbit, type RabbitServer } from '../support/rabbitmq-server.ts';
import { rabbitPair } from './rabbitmq-env.ts';

let server: RabbitServer;
before(async () => {
  server = await sharedRabbit();
});

for (const type of ['classic', 'quorum'] as const)
  queuePortSuite(`rabbitmq, ${type} queues`, () => rabbitPair(server, { type }));
