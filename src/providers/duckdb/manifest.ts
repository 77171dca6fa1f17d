/** What provider `duckdb` says of itself: telemetry from request lines and logs of other formats, on disk or in an object store. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { AWS_CREDENTIALS } from '../aws-env.ts';
import { required } from '../../ports/option.ts';
import { FORMAT_OPTIONS, formatFaults } from './readers/options.ts';

export const manifest = defineManifest({
  name: 'duckdb',
  about: 'Request lines that the edge appends, and logs of vendors, on disk or in an object store.',
  ports: {
    telemetry: {
      does: 'the edge’s request lines, or a vendor’s log (`format`), read while they are written',
      testedAgainst: 'DuckDB itself; ministack over the official AWS SDK',
      options: z.strictObject({
        path: required(
          z
            .string()
            .min(1)
            .regex(
              /^(?![a-z][a-z0-9+.-]+:\/\/)|^s3:\/\/[^/]+\/./,
              'must be a file, a glob or `s3://bucket/keys`; other stores are reached through `AWS_ENDPOINT_URL_S3`',
            ),
          'File, glob, or glob of objects of a store that speaks S3, `.gz` too. Objects are fetched once each by name and ETag and kept on disk until the switch ends.',
          './edge-logs/*.ndjson',
          's3://bucket/logs/*.ndjson',
        ),
        ...FORMAT_OPTIONS,
      }),
      faults: formatFaults,
      env: [
        ...AWS_CREDENTIALS.map((one) => ({ ...one, why: `of a path s3://: ${one.why}` })),
        {
          oneOf: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
          why: 'of a path s3://: where the bucket is',
          optional: true,
        },
        {
          oneOf: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
          why: 'of a path s3://: another store than AWS’s (R2, MinIO, GCS)',
          optional: true,
        },
      ],
    },
  },
  packages: { '@duckdb/node-api': '^1.5.6-r.1' },
});
