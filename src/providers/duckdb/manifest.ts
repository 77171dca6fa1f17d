/** What provider `duckdb` says of itself: telemetry from request lines (NDJSON), on disk or in an object store. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { required } from '../../ports/option.ts';

export const manifest = defineManifest({
  name: 'duckdb',
  about: 'Request lines (NDJSON) that the edge appends, on disk or in an object store.',
  ports: {
    telemetry: {
      does: 'the edge’s NDJSON request lines, read while they are written',
      testedAgainst: 'DuckDB itself',
      options: z.strictObject({
        path: required(
          z.string().min(1),
          'File, glob or object-store address of request lines.',
          './edge-logs/*.ndjson',
          's3://bucket/logs/*.ndjson',
        ),
      }),
    },
  },
  packages: { '@duckdb/node-api': '^1.5.6-r.1' },
});
