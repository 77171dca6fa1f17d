/** What provider `rabbitmq` says of itself: one queue of RabbitMQ for each color. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, required, variableName } from '../../ports/option.ts';

export const MANAGEMENT_URL = /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/;
export const MANAGEMENT_FORM = 'http://host:port or https://…, without name and password';

/** A queue counts every 5 s, and the management API looks at that every 5 s. */
const LAG_MS = 15_000;

const named = z
  .string()
  .min(1)
  .refine((name) => new TextEncoder().encode(name).length <= 255, 'must be a name of at most 255 bytes');

const queue = z.strictObject({
  queue: required(named, 'The queue of the workers, classic or quorum.', 'jobs-blue'),
  retryQueue: optional(
    named,
    'Where failed jobs wait until they come back (a queue with a time to live that dead-letters to `queue`). They count as delayed.',
    'jobs-blue-retry',
  ),
  deadLetterQueue: optional(
    named,
    'Where jobs end that were given up. Left out: no dead letters are counted.',
    'jobs-blue-dead',
  ),
});

export const manifest = defineManifest({
  name: 'rabbitmq',
  about:
    'One queue of RabbitMQ (3.10 or later, with its management plugin) for each color, both in one virtual host. RabbitMQ knows no groups: each ' +
    'queue is one order, which a move keeps. It knows no repeats either: of a move that broke off some jobs are in the target twice, under one ' +
    'key; a job without a key and without a message id has none until it is moved.',
  ports: {
    queue: {
      does: 'depth by passive declare and management API, retry policy, move with the same idempotency key in order; never purges, binds or declares',
      testedAgainst: 'Debian’s rabbitmq-server 3.10; a newer one was not run',
      options: z.strictObject({
        url: optional(
          z
            .string()
            .max(500)
            .regex(
              /^amqps?:\/\/[^\s/?#@]+(\/[^\s/?#@]*)?$/,
              'must be amqp://host:port/vhost or amqps://…, without name and password',
            ),
          'Address of the broker, without name and password; what follows the host is the virtual host (left out: `/`). Left out: the variable that `urlEnv` names.',
          'amqps://rabbitmq.internal:5671/jobs',
        ),
        urlEnv: preset(
          variableName('RABBITMQ_URL'),
          'RABBITMQ_URL',
          'Name of the variable that holds the address, with name and password where it wants them.',
        ),
        management: optional(
          z.string().max(500).regex(MANAGEMENT_URL, `must be ${MANAGEMENT_FORM}`),
          'Address of its management API; the user of `url` needs the tag `monitoring` there. Left out: `RABBITMQ_MANAGEMENT_URL`.',
          'https://rabbitmq.internal:15671',
        ),
        blue: required(queue, 'The blue queue.'),
        green: required(queue, 'The green queue.'),
        ackTimeoutMs: preset(
          milliseconds(86_400_000),
          1_800_000,
          'The broker’s `consumer_timeout`, ms, which it tells nobody; what a queue or a policy says of its own goes before.',
          'RabbitMQ’s default',
        ),
        consistencyLagMs: preset(
          z.int().min(0).max(3_600_000),
          LAG_MS,
          'How long counts may lag, ms: more than `collect_statistics_interval` and the finest of `management.sample_retention_policies` together.',
          'they are 5 s each unless you set them',
        ),
        timeoutMs: preset(
          milliseconds(60_000),
          5000,
          'Longest time of one question, ms, with the connection that each makes.',
          'a leader that is chosen anew takes a few seconds',
        ),
      }),
      env: [
        {
          oneOf: ['RABBITMQ_URL'],
          why: 'address of the RabbitMQ broker',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        {
          oneOf: ['RABBITMQ_MANAGEMENT_URL'],
          why: 'address of its management API',
          when: { absent: 'management' },
        },
        { oneOf: ['RABBITMQ_USER'], why: 'instead of a name in the address', optional: true },
        { oneOf: ['RABBITMQ_PASSWORD'], why: 'instead of a password in the address', optional: true },
      ],
      quiet: '20s',
      countsLagMs: LAG_MS,
    },
  },
  packages: { amqplib: '^2.3.1' },
});
