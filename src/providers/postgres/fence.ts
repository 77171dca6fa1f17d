/**
 * Write fence in a PostgreSQL: the rights to write are taken from the service's roles. Read-only settings would reach new sessions only.
 *
 * Invariant: frozen is what the rights and the locks say, not what was told to the server; with `pools` it is also what the service's own
 * connections meet.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, escapeIdentifier } from 'pg';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import type { FenceContext, FencePort, FenceState, ProviderScope } from '../../ports/index.ts';
import { parseOptions } from '../options.ts';
import { poolAddress, postgresAddress } from './address.ts';
import { Postgres, type Row } from './connection.ts';
import type { PostgresNeeds } from './errors.ts';
import { doubtsOf, poolDoubts } from './fence-doubts.ts';
import { bookSql, checkSql, freezeSql, stateSql, thawSql, type Fenced } from './fence-sql.ts';
import { manifest } from './manifest.ts';

const NEEDS: PostgresNeeds = {
  variables: 'FENCE_PGUSER and FENCE_PGPASSWORD',
  columns: '(service text PRIMARY KEY, turn bigint NOT NULL, frozen boolean NOT NULL, grants json NOT NULL)',
  rights:
    'it must own the fenced tables, or may become their owner, and have SELECT, INSERT, UPDATE on the book',
};
const LOOK_MS = 100;
/** Connections of a pool that are tried at once: one pool has several to the server, and the service needs the others. */
const TRIED = 5;
const REFUSED = '42501';

/** @throws UserError when an option or an address is wrong. */
export function postgresFence(ref: ProviderRef, { env, service }: ProviderScope): FencePort {
  const options = parseOptions(manifest.ports.fence, ref, 'fence');
  const { book, tables, roles, timeoutMs } = options;
  const fenced: Fenced = { book, service, tables, roles };
  const about = { isTls: options.tls === 'verify', timeoutMs, needs: NEEDS };
  const database = new Postgres(postgresAddress('fence', options, env), about);
  const pools = options.pools.map((variable) => ({
    variable,
    pool: new Postgres(poolAddress(variable, env), { ...about, needs: { ...NEEDS, variables: variable } }),
  }));
  const refuse = (kind: ProviderError['kind'], why: string): ProviderError =>
    new ProviderError(kind, 'postgres', `${database.where}: ${why}`);

  const ask = async (statements: readonly string[], signal?: AbortSignal): Promise<Row> => {
    const row = (await database.ask(signal, statements)).rows.at(-1)?.[0];
    if (row === undefined) throw refuse('fatal', 'what answers there is no PostgreSQL');
    if (row['standby'] === true)
      throw refuse('retry', 'it is a standby: the address must lead to the primary');
    return row;
  };
  const read = async (signal?: AbortSignal): Promise<Seen> => seenOf(await ask([stateSql(fenced)], signal));

  /** A write through each pool, to each table, as the service sends it; none can change a row. */
  const refusedByPools = async (signal: AbortSignal | undefined): Promise<void> => {
    for (const { variable, pool } of pools) {
      for (const table of tables) {
        const name = table.split('.').map(escapeIdentifier).join('.');
        const one = async (): Promise<void> => {
          const refusal = await pool.ask(signal, [`DELETE FROM ${name} WHERE false`]).then(
            () => null,
            (cause: unknown) => cause,
          );
          if (refusal === null)
            throw refuse('human', `a write to ${table} through ${variable} is not refused`);
          if (!isRefusal(refusal)) throw refusal;
        };
        await Promise.all(Array.from({ length: TRIED }, one));
      }
    }
  };

  return {
    covers: tables.join(', '),

    async check(signal) {
      const row = await ask([checkSql(fenced)], signal);
      const book = row['booked'] === true ? await ask([bookSql(fenced)], signal) : null;
      const doubts = [
        ...doubtsOf(row, { fenced, columns: NEEDS.columns, isFrozen: book?.['frozen'] === true }),
      ];
      for (const { variable, pool } of pools)
        doubts.push(...(await poolDoubts(pool, { variable, roles, signal })));
      return doubts;
    },

    async freeze({ turn, signal }) {
      await database.ask(signal, [freezeSql(fenced, turn)]);
      // Once that is committed: until then a writer may begin with the old rights.
      let seen = await read(signal);
      if (seen.turn !== turn || !seen.isBooked)
        throw refuse('reread', `this turn of the fence is over: turn ${seen.turn} was here`);
      if (seen.open.length > 0)
        throw refuse(
          'human',
          `${seen.open.join(', ')} can write all the same: as a superuser, or by a right that another role gave`,
        );
      const untilMs = performance.now() + options.waitMs;
      while (seen.writing.length > 0) {
        if (performance.now() > untilMs)
          throw refuse('retry', `older than the fence and not ended: ${seen.writing.slice(0, 3).join('; ')}`);
        await sleep(LOOK_MS, undefined, { signal });
        seen = await read(signal);
      }
      await refusedByPools(signal);
      return stateOf(seen);
    },

    async thaw({ turn, signal }: FenceContext) {
      const seen = seenOf(await ask(thawSql(fenced, turn), signal));
      if (seen.isBooked && seen.turn === turn)
        throw refuse('retry', 'not every right to write is back: does its user own the tables still?');
      return stateOf(seen);
    },

    state: async (signal) => stateOf(await read(signal)),

    async close() {
      database.close();
      for (const { pool } of pools) pool.close();
    },
  };
}

interface Seen {
  /** What the book says. */
  readonly isBooked: boolean;
  readonly turn: number;
  /** Roles that can write all the same, and where. */
  readonly open: readonly string[];
  readonly writing: readonly string[];
}

function seenOf(row: Row): Seen {
  return {
    isBooked: row['frozen'] === true,
    turn: Number(row['turn'] ?? 0),
    open: row['open'] as readonly string[],
    writing: row['writing'] as readonly string[],
  };
}

function stateOf({ isBooked, open, writing }: Seen): FenceState {
  return { frozen: isBooked && open.length === 0, writing: isBooked ? writing : [] };
}

function isRefusal(cause: unknown): boolean {
  return (
    cause instanceof ProviderError && cause.cause instanceof DatabaseError && cause.cause.code === REFUSED
  );
}
