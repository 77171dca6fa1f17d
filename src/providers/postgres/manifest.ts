/** What provider `postgres` says of itself: the edge config in one row of a PostgreSQL. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, variableName } from '../../ports/option.ts';

export const manifest = defineManifest({
  name: 'postgres',
  about:
    'One row of a table in a PostgreSQL (12 or later) behind one address that leads to the primary, with or without PgBouncer. A failover to ' +
    'a standby that lags may take back writes that were acknowledged, unless the standby is synchronous.',
  ports: {
    store: {
      does: 'compare-and-set by one statement, leases dated by PostgreSQL’s own clock; for a router of your own that reads the row',
      testedAgainst: 'PostgreSQL, alone, with a standby that is promoted, and behind PgBouncer',
      options: z.strictObject({
        url: optional(
          z
            .string()
            .max(500)
            .regex(
              /^postgres(ql)?:\/\/[^\s/?#@]+\/[^\s/?#]+$/,
              'must be postgres://host:port/database, without name and password',
            ),
          'Address of the primary, without name and password. Left out: the variable that `urlEnv` names.',
          'postgres://config.internal:5432/cutover',
        ),
        urlEnv: preset(
          variableName('POSTGRES_URL'),
          'POSTGRES_URL',
          'Name of the variable that holds the address, with name and password where it wants them; what stands behind a `?` is not read.',
        ),
        table: preset(
          z
            .string()
            .regex(
              /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/,
              'must be a table, or schema.table, in lower-case letters, digits and _',
            ),
          'cutover_config',
          'The table that holds the edge configs, a row for each service. cutover does not create it: the message of a missing one, and the documentation, have the SQL.',
        ),
        tls: preset(
          z.enum(['verify', 'off']),
          'verify',
          '`verify`: the server must show a certificate that the worker trusts. `off`: nothing is encrypted.',
          'the password of a database crosses the network',
        ),
        failover: preset(
          z.enum(['lossy', 'synchronous', 'none']),
          'lossy',
          'What a failover may lose. `lossy`: the standby may lag, so the store counts as weak and preflight warns; an older generation is noticed at the ' +
            'next look and written anew. `synchronous`: writes and reads count only when a standby of `synchronous_standby_names` has them. `none`: there ' +
            'is no standby, or it shares the disks of the primary (RDS Multi-AZ, Aurora).',
          'the cautious one',
        ),
        timeoutMs: preset(
          milliseconds(60_000),
          3000,
          'Longest time of one call, ms, with the connection that each makes.',
          'less than the 4 s that the way back of users waits for a store',
        ),
      }),
      env: [
        {
          oneOf: ['POSTGRES_URL'],
          why: 'address of the PostgreSQL that holds the edge config',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        { oneOf: ['PGUSER'], why: 'instead of a name in the address', optional: true },
        { oneOf: ['PGPASSWORD'], why: 'instead of a password in the address', optional: true },
      ],
    },
  },
  packages: { pg: '^8.23.1' },
});
