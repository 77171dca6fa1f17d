/** What provider `s3` says of itself: evidence in a bucket of Amazon S3, or of anything that speaks its protocol. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { optional, preset, required, text, url } from '../../ports/option.ts';
import { answerMsOption, AWS_CREDENTIALS, awsRegion } from '../aws-env.ts';
import { maxBytesOption } from '../content-store-option.ts';

export const manifest = defineManifest({
  name: 's3',
  about: 'A bucket of Amazon S3, or of a store that speaks its protocol.',
  ports: {
    evidence: {
      does: 'content-addressed, gzip, atomic, verified on read; for workers on more than one machine',
      testedAgainst: 'ministack over the official AWS SDK',
      peerDiffers: [
        'it does not check signatures and rights',
        'it never asks for patience: a proxy before it does',
      ],
      options: z.strictObject({
        bucket: required(
          z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
          'Name of the bucket.',
          'acme-cutover',
        ),
        prefix: preset(
          z
            .string()
            .max(500)
            .regex(/^[A-Za-z0-9/_.=-]*$/, 'may hold letters, digits and / _ . = -'),
          '',
          'Keys begin with it.',
        ),
        region: optional(
          text,
          'Region of the bucket. Left out: `AWS_REGION`, `AWS_DEFAULT_REGION`, then the SDK’s profile; `us-east-1` with an endpoint.',
          'eu-west-1',
        ),
        endpoint: optional(
          url,
          'Address of the store. Left out: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, then AWS itself.',
          'http://minio.internal:9000',
        ),
        pathStyle: optional(
          z.boolean(),
          'The bucket stands in the path instead of the host name. Left out: true with an endpoint that is not AWS’s own.',
        ),
        maxBytes: maxBytesOption,
        timeoutMs: answerMsOption(20_000),
      }),
      env: [
        { ...awsRegion('where the bucket is'), optional: true },
        ...AWS_CREDENTIALS,
        {
          oneOf: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
          why: 'another store than AWS’s',
          optional: true,
        },
      ],
    },
  },
  packages: { '@aws-sdk/client-s3': '^3.1169.0' },
});
