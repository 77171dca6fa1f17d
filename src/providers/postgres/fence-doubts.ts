/** What would keep a fence from holding, or from opening again, found before it is needed. */
import { escapeLiteral } from 'pg';
import type { Doubt } from '../../ports/index.ts';
import type { Postgres, Row } from './connection.ts';
import type { Fenced } from './fence-sql.ts';

export function* doubtsOf(
  row: Row,
  { fenced, columns, isFrozen }: { fenced: Fenced; columns: string; isFrozen: boolean },
): Generator<Doubt> {
  const { book } = fenced;
  const named = (field: string): string => (row[field] as readonly string[]).join(', ');
  const blocking = (what: string, fix: string): Doubt => ({ severity: 'blocking', what, fix });
  if (row['booked'] !== true) {
    yield blocking(
      `table ${book} is missing: nothing could be written down`,
      `create it once: CREATE TABLE ${book} ${columns}, and grant SELECT, INSERT, UPDATE on it`,
    );
  }
  if (isFrozen) {
    yield blocking(
      `the tables are fenced already, as ${book} says: by a switch that runs or was ended from outside`,
      'let that switch end, or `cutover recover` it',
    );
  }
  if (named('absent') !== '')
    yield blocking(`there is no table ${named('absent')}`, 'correct `tables` of the fence');
  if (named('unknown') !== '')
    yield blocking(`there is no role ${named('unknown')}`, 'correct `roles` of the fence');
  if (named('mighty') !== '') {
    yield blocking(
      `${named('mighty')} may write to everything: no right that is taken stops a superuser, or a member of pg_write_all_data`,
      'let the service connect as an ordinary role',
    );
  }
  if (named('foreign') !== '') {
    yield blocking(
      `the fence's own user may not change rights on ${named('foreign')}`,
      'let it be the owner, or a member of the role that owns',
    );
  }
  if (named('handed') !== '') {
    yield blocking(
      `rights to write to ${named('handed')} were given by others than the owner, who cannot take them back`,
      'let the owner give them: REVOKE … CASCADE, then GRANT as the owner',
    );
  }
  if (named('cascading') !== '') {
    yield {
      severity: 'warning',
      what: `a delete or update still goes on by foreign keys from ${named('cascading')}`,
      fix: 'add the tables that they come from to `tables` of the fence',
    };
  }
}

/** @param of the variable that holds its address */
export async function poolDoubts(
  pool: Postgres,
  of: { variable: string; roles: readonly string[]; signal: AbortSignal | undefined },
): Promise<readonly Doubt[]> {
  const { variable, roles, signal } = of;
  const list = roles.map(escapeLiteral).join(', ');
  const sql = `SELECT current_user AS name, current_user IN (${list}) AS known`;
  const row = (await pool.ask(signal, [sql])).rows.at(-1)?.[0];
  if (row?.['known'] === true) return [];
  return [
    {
      severity: 'blocking',
      what: `${variable} connects as ${String(row?.['name'])}, which is not in \`roles\` of the fence`,
      fix: 'add that role, or correct the variable',
    },
  ];
}
