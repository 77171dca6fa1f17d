/**
 * The second pass: cells of user bin × tick by arm, and what is added up of them.
 * Invariant: cells are whole before they are squared, whatever lines they came from.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SumsTerms } from '../../../domain/clusters/index.ts';
import { leastMs, type Asked, type Judged } from '../../../domain/engine-sums/index.ts';
import { double } from './counted.ts';
import { blockSql } from './first-pass.ts';
import { limitsTable, slowMask } from './marks.ts';

/** A relation once for each dimension that is judged, with `arm`; only of judged parts. */
export function byPart(relation: string, judged: readonly Judged[]): string {
  const dimensions = new Set(judged.map(({ dimension }) => dimension));
  const part = ['0', 'region', 'route'];
  const each = [...dimensions].map(
    (dimension) => `SELECT ${dimension} AS dimension, ${part[dimension]} AS part, * FROM ${relation}`,
  );
  return `((${each.join(' UNION ALL ')}) JOIN arms USING (dimension, part, side))`;
}

/** Number of the equal part of the newest two looks, −1 before them. */
export function recentSql({ recent, startMs, grid }: SumsTerms): string {
  const lengthMs = (startMs + grid.ticks * grid.tickMs - recent.startMs) / recent.parts;
  const since = `(ms - ${double(recent.startMs)})`;
  return `CASE WHEN ${since} < 0 THEN -1
    ELSE least(${recent.parts - 1}, floor(${since} / ${double(lengthMs)})) END::INTEGER`;
}

/** Makes the tables `arms`, `marked` (lines with an event, its kinds as bits) and `weighted` (lookups that count). */
export async function createMarked(connection: DuckDBConnection, asked: Asked): Promise<void> {
  const { judged, terms, bits, hasLookups } = asked;
  const arms = judged.flatMap(({ dimension, number }, place) =>
    [0, 1].map((side) => `(${dimension}, ${number}, ${side}, ${2 * place + side})`),
  );
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE arms (dimension SMALLINT, part INTEGER, side UTINYINT, arm SMALLINT)`,
  );
  await connection.run(`INSERT INTO arms VALUES ${arms.join(', ')}`);
  const parts = judged.map(
    ({ dimension, number }, place) =>
      `CASE WHEN ${['0', 'region', 'route'][dimension]} = ${number} THEN ${2 ** place} ELSE 0 END`,
  );
  const sum = parts.join(' + ');
  await connection.run(
    `UPDATE kinds SET parts = ${sum}, did = (${sum})::UBIGINT * CASE WHEN warm THEN ${2 ** 32 + 1} ELSE 1 END`,
  );
  await connection.run(`CREATE OR REPLACE TEMP TABLE limits AS ${limitsTable(asked)}`);
  const least = (column: string, key: 'final' | 'usable'): string => {
    const ms = leastMs(judged, key);
    return ms === null ? 'false' : `coalesce(${column} > ${double(ms)}, false)`;
  };
  await connection.run(`CREATE OR REPLACE TEMP TABLE slow AS
    SELECT side, region, route, bin, tick, who, instance, tfinal, tusable,
      ${blockSql(terms.grid)} AS block, ${recentSql(terms)} AS recent
    FROM counted WHERE warm AND (${least('tfinal', 'final')} OR ${least('tusable', 'usable')})`);
  const failed = `(SELECT *, ${recentSql(terms)} AS recent FROM failed WHERE NOT repeats)`;
  const columns = 'arm, bin, tick, who, instance, recent';
  await connection.run(`CREATE OR REPLACE TEMP TABLE marked AS
    SELECT ${columns}, ${2 ** bits.failed} + CASE WHEN recent >= 0 THEN ${2 ** bits.recent.failed} ELSE 0 END AS mask
      FROM ${byPart(failed, judged)}
    UNION ALL SELECT * FROM (SELECT ${columns}, ${slowMask(bits)} AS mask
      FROM ${byPart('slow', judged)} JOIN limits USING (arm, block)) WHERE mask > 0`);
  await connection.run('DROP TABLE slow');
  if (!hasLookups) return;
  const weights = judged.flatMap(({ limit }, place) =>
    limit.weights === null
      ? []
      : [limit.weights.from, limit.weights.to].flatMap((list, side) =>
          list.map((weight, stratum) => `(${2 * place + side}, ${stratum}, ${weight})`),
        ),
  );
  await connection.run(`CREATE OR REPLACE TEMP TABLE weighted AS
    SELECT arm, bin, tick, who, instance, hit, weight FROM ${byPart('eligible', judged)}
    JOIN (VALUES ${weights.length === 0 ? '(0, 0, 0)' : weights.join(', ')})
      AS weights(arm, stratum, weight) USING (arm, stratum) WHERE weight > 0`);
  await connection.run('DROP TABLE eligible');
}
