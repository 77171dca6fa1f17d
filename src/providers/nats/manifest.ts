/** What provider `nats` says of itself: one work queue of JetStream for each color. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, required, variableName } from '../../ports/option.ts';

/** A name of a stream or a consumer. */
const named = z
  .string()
  .regex(/^[^\s.*>/\\]{1,200}$/, 'must be a name of NATS: without blanks, . * > / and \\');

const queue = z.strictObject({
  stream: required(named, 'The stream, with `retention: workqueue`.', 'jobs-blue'),
  subject: required(
    z
      .string()
      .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, 'must be one subject, without * and >')
      .max(200),
    'The subject that producers publish to.',
    'jobs.blue',
  ),
  consumer: required(
    named,
    'The durable pull consumer of the workers, with explicit acknowledgement.',
    'workers',
  ),
});

export const manifest = defineManifest({
  name: 'nats',
  about: 'One work queue of NATS JetStream (server 2.10 or later) for each color.',
  ports: {
    queue: {
      does: 'depth from the stream and its consumer, retry policy, move with the same idempotency key in order; never purges',
      testedAgainst: 'nats-server, from PyPI',
      peerDiffers: ['one server, without a cluster whose leader changes'],
      options: z.strictObject({
        url: optional(
          z
            .string()
            .max(500)
            .regex(
              /^(nats|tls):\/\/[^\s/?#@]+$/,
              'must be nats://host:port or tls://host:port, without name and password',
            ),
          'Address of the server, without name and password. Left out: the variable that `urlEnv` names.',
          'tls://nats.internal:4222',
        ),
        urlEnv: preset(
          variableName('NATS_URL'),
          'NATS_URL',
          'Name of the variable that holds the address, with name and password where it wants them.',
        ),
        blue: required(queue, 'The blue queue.'),
        green: required(queue, 'The green queue.'),
        timeoutMs: preset(
          milliseconds(60_000),
          5000,
          'Longest time of one question, ms, with the connection that each makes.',
          'a leader that is chosen anew takes a few seconds',
        ),
      }),
      env: [
        {
          oneOf: ['NATS_URL'],
          why: 'address of the NATS server',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        { oneOf: ['NATS_USER'], why: 'instead of a name in the address', optional: true },
        { oneOf: ['NATS_PASSWORD'], why: 'instead of a password in the address', optional: true },
        { oneOf: ['NATS_TOKEN'], why: 'instead of name and password', optional: true },
      ],
      countsLagMs: 0,
    },
  },
  packages: { '@nats-io/jetstream': '^3.4.0', '@nats-io/transport-node': '^3.4.0' },
});
