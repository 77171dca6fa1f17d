/** What provider `clickhouse` says of itself: telemetry from request lines in a table of ClickHouse. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { duration, milliseconds, optional, preset, variableName } from '../../ports/option.ts';

/** A name that needs no quotes. */
const identifier = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and _, not beginning with a digit');

export const manifest = defineManifest({
  name: 'clickhouse',
  about:
    'Request lines in a table (or view) of ClickHouse, for logs that outgrow a machine. The sums of a look are computed where the lines are; its table is made by the statement ' +
    'in docs/clickhouse-table.md.',
  ports: {
    telemetry: {
      does: 'the edge’s request lines in a table; only sums leave the server',
      testedAgainst: 'ClickHouse’s own engine (chdb)',
      peerDiffers: ['one process behind a small HTTP front, without replicas'],
      options: z.strictObject({
        url: optional(
          z
            .string()
            .max(500)
            .regex(
              /^https?:\/\/[^\s/?#@]+\/?$/,
              'must be http://host:port or https://…, without name and password',
            ),
          'Address of its HTTP interface, without name and password. Left out: the variable that `urlEnv` names.',
          'https://clickhouse.internal:8443',
        ),
        urlEnv: preset(
          variableName('CLICKHOUSE_URL'),
          'CLICKHOUSE_URL',
          'Name of the variable that holds the address.',
        ),
        database: preset(identifier(100), 'default', 'Database of the table.'),
        table: preset(identifier(100), 'request_lines', 'Table, or a view that has its columns.'),
        lag: preset(
          duration,
          '0s',
          'How late lines may be in the table: a look ends so long before it is taken.',
          'the router’s lines come within seconds; name what a pipeline in between takes',
        ),
        timeoutMs: preset(
          milliseconds(600_000),
          300_000,
          'Longest time of one statement, ms.',
          'two cores take about a minute over fifty million lines; a look has ten statements',
        ),
      }),
      env: [
        {
          oneOf: ['CLICKHOUSE_URL'],
          why: 'address of the ClickHouse that holds the request lines',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        {
          oneOf: ['CLICKHOUSE_USER'],
          why: 'a user that may read the table (default: default)',
          optional: true,
        },
        { oneOf: ['CLICKHOUSE_PASSWORD'], why: 'its password', optional: true },
      ],
    },
  },
  packages: { '@clickhouse/client': '^1.23.1' },
});
