/** What provider `sqs` says of itself: one queue for each color on Amazon SQS, or on anything that speaks its protocol. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { optional, required, text, url } from '../../ports/option.ts';
import { answerMsOption, AWS_CREDENTIALS, awsRegion } from '../aws-env.ts';

/** "Approximate" counts are right at least one minute after producers stop (SQS API, GetQueueAttributes). */
export const AWS_LAG_MS = 60_000;

export const manifest = defineManifest({
  name: 'sqs',
  about: 'One queue for each color on Amazon SQS, or on anything that speaks its protocol.',
  ports: {
    queue: {
      does: 'depth, retry policy, move with the same idempotency key; never purges',
      testedAgainst: 'fauxqs over the official AWS SDK',
      peerDiffers: [
        'counts do not lag',
        'it keeps no group of a standard queue and takes a deduplication id there: a proxy before it does as AWS documents',
        'it does not check signatures',
      ],
      options: z.strictObject({
        blue: required(url, 'URL of the blue queue.', 'https://sqs.eu-west-1.amazonaws.com/1/jobs-blue'),
        green: required(url, 'URL of the green queue.', 'https://sqs.eu-west-1.amazonaws.com/1/jobs-green'),
        deadLetter: optional(
          z.strictObject({
            blue: required(url, 'URL of the blue one.'),
            green: required(url, 'URL of the green one.'),
          }),
          'The dead-letter queues. Left out: no dead letters are counted.',
        ),
        endpoint: optional(
          url,
          'Address of the broker. Left out: `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL`, then AWS itself.',
        ),
        region: optional(
          text,
          'Region of the queues. Left out: `AWS_REGION`, `AWS_DEFAULT_REGION`, then the SDK’s profile.',
          'eu-west-1',
        ),
        consistencyLagMs: optional(
          z.int().min(0).max(3_600_000),
          'How long counts may lag, ms. Left out: 60000 on AWS, 0 on another endpoint.',
        ),
        // More than the second that a poll of a move takes, or an empty queue would look like one that does not answer.
        timeoutMs: answerMsOption(8000, 2000),
      }),
      env: [
        awsRegion('where the queues are'),
        ...AWS_CREDENTIALS,
        {
          oneOf: ['AWS_ENDPOINT_URL_SQS', 'AWS_ENDPOINT_URL'],
          why: 'another broker than AWS’s',
          optional: true,
        },
      ],
      quiet: '75s',
      countsLagMs: AWS_LAG_MS,
    },
  },
  packages: { '@aws-sdk/client-sqs': '^3.1169.0' },
});
