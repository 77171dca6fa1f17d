/** What provider `bullmq` says of itself: one queue of BullMQ for each color, in one Redis. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, required, variableName } from '../../ports/option.ts';

/** Without a colon, which BullMQ refuses in names. */
const named = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^:]+$/, 'must be a name of a queue, without colons');

export const manifest = defineManifest({
  name: 'bullmq',
  about:
    'One queue of BullMQ (majors 5 and 6) for each color, both in one Redis (6.2 or later, no Redis Cluster). A move is one step of Redis, so no job ' +
    'is lost or there twice, whoever is killed; it keeps attempts, order, priority and the rest of a delay. BullMQ knows no groups (those of BullMQ ' +
    'Pro are refused). The library of the service is not needed where the worker runs.',
  ports: {
    queue: {
      does: 'depth by plain reads, move with the same job id in order, delayed jobs with their remaining delay, schedulers with their next run; never drains, pauses or adds',
      testedAgainst: 'the libraries of the service in majors 1, 3, 5 and 6 over Debian’s redis-server',
      options: z.strictObject({
        url: optional(
          z
            .string()
            .max(500)
            .regex(
              /^rediss?:\/\/[^\s/?#@]+(\/\d{0,5})?$/,
              'must be redis://host:port/number or rediss://…, without name and password',
            ),
          'Address of the primary, without name and password. Left out: the variable that `urlEnv` names.',
          'rediss://queues.internal:6379/0',
        ),
        urlEnv: preset(
          variableName('REDIS_URL'),
          'REDIS_URL',
          'Name of the variable that holds the address, with name and password where it wants them.',
        ),
        prefix: preset(
          z.string().regex(/^[A-Za-z0-9:/_.{}-]{1,200}$/, 'may hold letters, digits and : / _ . { } -'),
          'bull',
          'The `prefix` of the service’s queues and workers.',
          'BullMQ’s own',
        ),
        blue: required(named, 'Name of the blue queue.', 'jobs-blue'),
        green: required(named, 'Name of the green queue.', 'jobs-green'),
        schedulers: preset(
          z.enum(['move', 'leave']),
          'move',
          'Schedulers are producers, so exactly one color may have each. `move`: a move of jobs takes them along, with their next run. `leave`: they stay where they ' +
            'are, and so do their runs that wait.',
          'a schedule on two queues runs twice, and one on the old queue alone runs nowhere',
        ),
        attempts: optional(
          z.int().min(1).max(1000),
          'The `attempts` that producers give a job, for preflight; the broker does not know it.',
        ),
        lockDurationMs: preset(
          milliseconds(86_400_000),
          30_000,
          'The `lockDuration` of the workers, ms; the broker does not know it.',
          'BullMQ’s own',
        ),
        timeoutMs: preset(
          milliseconds(60_000),
          3000,
          'Longest time of one question, ms, with the connection that each makes.',
          'Redis answers at once or not at all',
        ),
      }),
      env: [
        {
          oneOf: ['REDIS_URL'],
          why: 'address of the Redis that holds the queues',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        { oneOf: ['REDIS_USERNAME'], why: 'instead of a name in the address', optional: true },
        { oneOf: ['REDIS_PASSWORD'], why: 'instead of a password in the address', optional: true },
      ],
      countsLagMs: 0,
    },
  },
  packages: { '@redis/client': '^6.3.1' },
});
