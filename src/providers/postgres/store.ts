/**
 * Config store in one row of a PostgreSQL.
 *
 * Invariant: a write is one statement, which compares and sets, and the same transaction tells what stands. It is ours already when what
 * stands has its generation and its writer. With `failover: synchronous` it is done only when a standby has it.
 */
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { MAX_CONFIG_BYTES } from '../../edge/parse-config.ts';
import type { ConfigStorePort, ProviderScope } from '../../ports/index.ts';
import { ConfigPlace } from '../config-place.ts';
import { parseOptions } from '../options.ts';
import { postgresAddress } from './address.ts';
import { Postgres, type Answered, type Row } from './connection.ts';
import type { PostgresNeeds } from './errors.ts';
import { manifest } from './manifest.ts';
import { checkSql, readSql, writeSql } from './sql.ts';

const NEEDS: PostgresNeeds = {
  variables: 'PGUSER and PGPASSWORD',
  columns: '(service text PRIMARY KEY, config json NOT NULL)',
  rights: 'grant SELECT, INSERT, UPDATE on the table, and USAGE on its schema',
};

/** PostgreSQL compares and sets by itself, but a standby that lags knows less. */
const FAILOVER = {
  how: 'a failover of PostgreSQL to a standby that lags takes back writes that were acknowledged',
  fix:
    'make the standby synchronous and write `failover: synchronous` in edge.store, or `failover: none` where there is no standby or it shares the disks; ' +
    'without, the older generation is noticed at the next look, and written anew',
};

/** @throws UserError when an option or the address is wrong. */
export function postgresStore(ref: ProviderRef, { env, service }: ProviderScope): ConfigStorePort {
  const options = parseOptions(manifest.ports.store, ref, 'store');
  const { table, failover } = options;
  const isSynchronous = failover === 'synchronous';
  const database = new Postgres(postgresAddress('store', options, env), {
    isTls: options.tls === 'verify',
    timeoutMs: options.timeoutMs,
    needs: NEEDS,
  });
  const place = new ConfigPlace(
    'postgres',
    `${database.where}, ${table} of ${service}`,
    'name another `table`, or delete the row',
  );
  const wanted = { table, service, isSynchronous };

  const refuse = (kind: ProviderError['kind'], why: string): ProviderError =>
    new ProviderError(kind, 'postgres', `${database.where}: ${why}`);

  /** Who answers must be the primary, and must have waited for its standby. */
  const standing = ({ rows, warnings }: Answered): Standing => {
    const found = rows.at(-1) ?? [];
    const [last] = found;
    const nowMs = Number(last?.['now']);
    if (last === undefined || !Number.isSafeInteger(nowMs) || nowMs <= 0)
      throw refuse('fatal', 'what answers there is no PostgreSQL');
    if (last['standby'] === true) throw refuse('retry', STANDBY);
    if (isSynchronous && last['names'] === '') throw refuse('human', NO_STANDBY);
    if (isSynchronous && warnings.length > 0)
      throw refuse('retry', `no standby has confirmed it (${warnings[0]})`);
    if (found.length > 1) throw place.notOurs(`${found.length} rows`);
    return { nowMs, text: textOf(last, place) };
  };

  const read = async (signal?: AbortSignal): Promise<Standing> =>
    standing(await database.ask(signal, readSql(wanted, MAX_CONFIG_BYTES)));

  return {
    capabilities: {
      reads: 'linearizable',
      ...(failover === 'lossy' ? { fencing: 'weak', weakness: FAILOVER } : { fencing: 'strong' }),
    },

    async read(signal) {
      const { text } = await read(signal);
      return text === null ? null : place.config(text);
    },

    async compareAndSet(next, { signal, freezeForMs, follows = next.generation - 1 }) {
      const document = place.document(next, freezeForMs);
      const { generation, writer } = next;
      const leaseMs = freezeForMs === undefined ? undefined : Math.ceil(freezeForMs);
      const write = { generation, follows, writer, document, leaseMs };
      const answered = await database.ask(signal, writeSql(wanted, write, MAX_CONFIG_BYTES));
      const isSet = answered.rows.at(-2)?.length === 1;
      let text: string | null;
      try {
        ({ text } = standing(answered));
      } catch (cause) {
        throw isSet && cause instanceof ProviderError && cause.kind !== 'fatal'
          ? place.storedBut(generation, cause)
          : cause;
      }
      const stored = text === null ? null : place.config(text);
      if (stored !== null && isSet) return stored;
      if (stored !== null && stored.service !== service)
        throw place.notOurs(`is not the config of ${service}`);
      throw place.lost(generation, stored);
    },

    async clock(signal) {
      return (await read(signal)).nowMs;
    },

    async check(signal) {
      const { text } = await read(signal);
      if (text !== null) place.config(text);
      const { rows } = await database.ask(signal, checkSql(wanted, MAX_CONFIG_BYTES));
      const about = rows.at(-2)?.[0];
      if (about?.['persistence'] === 'u')
        throw refuse(
          'human',
          `table ${table} is unlogged and empty after a crash: ALTER TABLE ${table} SET LOGGED`,
        );
      if (about?.['fsync'] === 'off')
        throw refuse('human', 'its `fsync` is off, and a crash may take the edge config with it: set it on');
    },

    async close() {
      database.close();
    },
  };
}

const STANDBY = 'it is a standby, and not asked: the address must lead to the primary, also after a failover';
const NO_STANDBY =
  'its `synchronous_standby_names` is empty, so no write waits for a standby: set it, or change `failover`';

interface Standing {
  readonly nowMs: number;
  /** Null where nothing is stored. */
  readonly text: string | null;
}

function textOf({ found, bytes, text }: Row, place: ConfigPlace): string | null {
  if (found !== true) return null;
  // A column without NOT NULL lets somebody empty it, and no write of ours would ever take such a row.
  if (bytes === null) throw place.notOurs('holds NULL');
  if (typeof text !== 'string') throw place.notOurs(`holds ${Number(bytes)} bytes`);
  return text;
}
