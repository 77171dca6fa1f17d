/** What provider `postgres` says of itself: the edge config in one row of a PostgreSQL, and a fence before writes to a service’s tables. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, required, variableName } from '../../ports/option.ts';

const table = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/,
    'must be a table, or schema.table, in lower-case letters, digits and _',
  );

const address = (example: string) =>
  optional(
    z
      .string()
      .max(500)
      .regex(
        /^postgres(ql)?:\/\/[^\s/?#@]+\/[^\s/?#]+$/,
        'must be postgres://host:port/database, without name and password',
      ),
    'Address of the primary, without name and password. Left out: the variable that `urlEnv` names.',
    example,
  );

const addressVariable = (name: string) =>
  preset(
    variableName(name),
    name,
    'Name of the variable that holds the address, with name and password where it wants them; what stands behind a `?` is not read.',
  );

const tls = preset(
  z.enum(['verify', 'off']),
  'verify',
  '`verify`: the server must show a certificate that the worker trusts. `off`: nothing is encrypted.',
  'the password of a database crosses the network',
);

export const manifest = defineManifest({
  name: 'postgres',
  about:
    'A PostgreSQL (12 or later) behind one address that leads to the primary, with or without PgBouncer. As a store: one row, and a failover to ' +
    'a standby that lags may take back writes that were acknowledged, unless the standby is synchronous. As a fence: the rights to write to some tables.',
  ports: {
    fence: {
      does: 'takes the rights to write to some tables (with their partitions and views) from the service’s roles, waits for older transactions, gives back exactly what it took',
      testedAgainst: 'PostgreSQL, with open sessions, and behind PgBouncer in transaction mode',
      options: z.strictObject({
        url: address('postgres://db.internal:5432/docs'),
        urlEnv: addressVariable('FENCE_POSTGRES_URL'),
        tables: required(
          z.array(table).min(1).max(100),
          'Tables that nobody may write to while both colors are frozen.',
          ['orders', 'billing.invoices'],
        ),
        roles: required(
          z
            .array(z.string().regex(/^[^\s"'\\]{1,63}$/, 'must be the name of a role'))
            .min(1)
            .max(20),
          'Roles that the service connects as, in both colors and its jobs; no superusers. A role that runs the migration and is not among them goes on.',
          ['docs_app'],
        ),
        pools: preset(
          z.array(variableName('DATABASE_URL')).max(10),
          [],
          'Variables of the worker with addresses of the service’s own pools, name and password included: a freeze counts when writes through each of them are refused.',
        ),
        book: preset(
          table,
          'cutover_fence',
          'The table in which cutover writes down what it takes. cutover does not create it: the message of a missing one has the SQL.',
        ),
        waitMs: preset(
          milliseconds(60_000),
          5000,
          'How long one try waits for transactions that began to write before, ms; it is tried again while `cutover.freeze` lasts.',
        ),
        tls,
        timeoutMs: preset(
          milliseconds(60_000),
          5000,
          'Longest time of one call, ms, with the connection that each makes.',
        ),
      }),
      env: [
        {
          oneOf: ['FENCE_POSTGRES_URL'],
          why: 'address of the PostgreSQL that holds the service’s tables',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        {
          oneOf: ['FENCE_PGUSER'],
          why: 'instead of a name in the address: a role that owns the tables, or may become their owner',
          optional: true,
        },
        { oneOf: ['FENCE_PGPASSWORD'], why: 'instead of a password in the address', optional: true },
      ],
    },
    store: {
      does: 'compare-and-set by one statement, leases dated by PostgreSQL’s own clock; for a router of your own that reads the row',
      testedAgainst: 'PostgreSQL, alone, with a standby that is promoted, and behind PgBouncer',
      options: z.strictObject({
        url: address('postgres://config.internal:5432/cutover'),
        urlEnv: addressVariable('POSTGRES_URL'),
        table: preset(
          table,
          'cutover_config',
          'The table that holds the edge configs, a row for each service. cutover does not create it: the message of a missing one, and the documentation, have the SQL.',
        ),
        tls,
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
