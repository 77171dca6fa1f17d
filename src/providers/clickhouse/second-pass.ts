/** The second pass: what the limits ask to add up of each part, in three statements for all parts and kinds of event. */
import {
  bit,
  DID,
  kindsOf,
  LOOKED,
  MISSES,
  TRIALS,
  type Asked,
  type Counted,
  type Rows,
} from '../../domain/engine-sums/index.ts';
import { addUp, WHAT, type AddedUp } from './cells.ts';
import type { Database } from './database.ts';
import { countedLines, type Frame } from './lines.ts';
import { stratifiedLookups, type Lifetimes } from './lookups.ts';
import { againBits, byArm, markedLines, placesOf } from './marked.ts';

/** Users all of whose lines repeat a failure elsewhere: in the window, in its newest two looks. */
const REPEATING = ['repeating', 'recent_repeating'] as const;

export async function secondPass(
  db: Database,
  frame: Frame,
  asked: Asked,
  lifetimes: Lifetimes,
  signal?: AbortSignal,
): Promise<Counted> {
  const { bits } = asked;
  const [lines, trials, lookups] = await Promise.all([
    addUpLines(db, frame, asked, signal),
    usersOf(db, frame, asked, signal),
    asked.hasLookups ? addUpLookups(db, frame, asked, lifetimes, signal) : null,
  ]);
  const { recent } = bits;
  const at = (column: string): number => 2 + lines.columns.indexOf(column);
  const pick = (rows: Rows, ...columns: readonly string[]): Rows =>
    rows.map((row) => [row[0] ?? 0, ...columns.map((column) => row[at(column)] ?? 0)]);
  return {
    added: lookups === null ? [lines] : [lines, lookups],
    users: {
      trials,
      events: allBits(asked).flatMap((one) =>
        lines.users.map((row) => [row[0] ?? 0, 2 ** one, row[at(bit(one))] ?? 0]),
      ),
      lookups: (lookups?.users ?? []).flatMap(([arm = 0, , up = 0, missed = 0]) => [
        [arm, 2 ** LOOKED.up, up],
        [arm, 2 ** LOOKED.missed, missed],
      ]),
      repeating: pick(lines.users, ...REPEATING),
    },
    recents: {
      trials: lines.bySlot.map((row) => row.slice(0, 5)),
      events: [recent.failed, recent.final, recent.usable].flatMap((one) =>
        lines.bySlot.map((row) => [row[0] ?? 0, row[1] ?? 0, 2 ** one, row[at(bit(one))] ?? 0]),
      ),
    },
  };
}

function allBits({ bits }: Asked): number[] {
  const { failed, final, usable } = bits.recent;
  return [...kindsOf(bits).map(({ at }) => at), failed, final, usable];
}

/** Trials of all series, and every kind of event among them. */
function addUpLines(db: Database, frame: Frame, asked: Asked, signal?: AbortSignal): Promise<AddedUp> {
  const { judged, bits, terms } = asked;
  const series = [TRIALS.errors, TRIALS.final, TRIALS.usable];
  const trials = `SELECT multiIf(grouping(bin) = 0, ${WHAT.cell}, grouping(instance) = 0, ${WHAT.instance}, ${WHAT.slot}) AS what,
      side, region, route, toInt32(multiIf(what = ${WHAT.cell}, bin, what = ${WHAT.instance}, instance, slot)) AS k1,
      if(what = ${WHAT.cell}, tick, 0) AS k2,
      count() AS ${TRIALS.errors}, countIf(final_bucket >= 0) AS ${TRIALS.final}, countIf(usable_bucket >= 0) AS ${TRIALS.usable}
    FROM ${countedLines(frame)} GROUP BY GROUPING SETS
      ((side, region, route, bin, tick), (side, region, route, instance), (side, region, route, slot))`;
  const again = againBits(asked);
  const has = (at: number): string => `bitTest(mask, ${at})`;
  const events = `SELECT multiIf(grouping(bin) = 0, ${WHAT.cell}, grouping(instance) = 0, ${WHAT.instance},
        grouping(slot) = 0, ${WHAT.slot}, ${WHAT.users}) AS what, arm,
      toInt32(multiIf(what = ${WHAT.cell}, bin, what = ${WHAT.instance}, instance, what = ${WHAT.slot}, slot, 0)) AS k1,
      if(what = ${WHAT.cell}, tick, 0) AS k2, toInt64(if(what = ${WHAT.users}, 1, count())) AS n,
      if(what = ${WHAT.users}, groupBitOr(toUInt32(mask)), toUInt32(kinds)) AS mask
    FROM (SELECT *, mask AS kinds FROM ${markedLines(frame, asked)})
    GROUP BY GROUPING SETS ((arm, bin, tick, kinds), (arm, instance, kinds), (arm, slot, kinds), (arm, who))`;
  const repeating = [
    [again.repeats, again.counts],
    [again.recentRepeats, again.recentCounts],
  ].map(
    ([repeats = 0, counts = 0]) =>
      `if(what = ${WHAT.users} AND ${has(repeats)} AND NOT ${has(counts)}, 1, 0)`,
  );
  const marks = [...allBits(asked).map(bit), ...REPEATING];
  const kinds = `arrayMap(at -> if(bitTest(mask, at), n, 0), [${allBits(asked).join(', ')}])`;
  return addUp(
    db,
    {
      rows: `(SELECT what, arm, k1, k2, [toInt64(${series.join('), toInt64(')})] AS sums FROM ${byArm(`(${trials})`, judged)} WHERE k1 >= 0
      UNION ALL SELECT what, arm, k1, k2,
        arrayConcat([if(${has(again.repeats)} AND what != ${WHAT.users}, -n, 0), 0, 0], ${kinds}, [${repeating.join(', ')}]) AS sums
        FROM (${events}) WHERE k1 >= 0)`,
      columns: [...series, ...marks],
      kinds: series.map((one) => kindsOf(bits).filter(({ trials: among }) => among === one).length),
    },
    terms.grid,
    signal,
  );
}

/** Distinct users of each series, in the window and in its newest two looks. Rows: arm, bit, users. */
async function usersOf(db: Database, frame: Frame, { judged }: Asked, signal?: AbortSignal): Promise<Rows> {
  const did = Object.entries({
    [DID.any]: 'true',
    [DID.final]: 'final_bucket >= 0',
    [DID.usable]: 'usable_bucket >= 0',
    [DID.recentAny]: 'slot >= 0',
    [DID.recentFinal]: 'slot >= 0 AND final_bucket >= 0',
    [DID.recentUsable]: 'slot >= 0 AND usable_bucket >= 0',
  });
  // A user is looked up once a line, whatever parts are judged on either side: they are bits.
  const parts = placesOf(judged, (place) => 2 ** place).join(' + ');
  const arms = judged.flatMap((_one, place) =>
    [0, 1].map((side) => ({ side, place, arm: 2 * place + side })),
  );
  const counts = did.flatMap(([at]) =>
    arms.map(({ side, place }) => `countIf(bitTest(did_${at}, ${32 * side + place}))`),
  );
  const [found] = await db.rows(
    `SELECT ${counts.join(', ')} FROM (
      SELECT who, ${did.map(([at, which]) => `groupBitOr(if(${which}, arms, 0)) AS did_${at}`).join(', ')}
      FROM (SELECT who, final_bucket, usable_bucket, slot, bitShiftLeft(toUInt64(${parts}), 32 * side) AS arms FROM ${countedLines(frame)})
      GROUP BY who)`,
    signal,
  );
  return (found ?? []).map((n, i) => [
    arms[i % arms.length]?.arm ?? 0,
    2 ** Number(did[Math.floor(i / arms.length)]?.[0]),
    Number(n),
  ]);
}

/** Lookups as often as their stratum counts, and their misses. */
function addUpLookups(
  db: Database,
  frame: Frame,
  { judged, terms }: Asked,
  lifetimes: Lifetimes,
  signal?: AbortSignal,
): Promise<AddedUp> {
  const weights = judged.flatMap(({ limit }, place) =>
    limit.weights === null
      ? []
      : [limit.weights.from, limit.weights.to].flatMap((list, side) =>
          list.map((weight, stratum) => [(2 * place + side) * list.length + stratum, weight] as const),
        ),
  );
  const length = judged.find(({ limit }) => limit.weights !== null)?.limit.weights?.to.length ?? 0;
  const weighted = `(SELECT arm, who, bin, tick, instance, hit,
      toInt64(transform(arm * ${length} + stratum, [${weights.map(([key]) => key).join(', ')}], [${weights.map(([, weight]) => weight).join(', ')}], 0)) AS weight
    FROM ${byArm(`(SELECT * FROM ${stratifiedLookups(frame, lifetimes, true)} WHERE stratum >= 0)`, judged)})`;
  const { lookups } = TRIALS;
  const rows = `SELECT multiIf(grouping(bin) = 0, ${WHAT.cell}, grouping(instance) = 0, ${WHAT.instance}, ${WHAT.users}) AS what, arm,
      toInt32(multiIf(what = ${WHAT.cell}, bin, what = ${WHAT.instance}, instance, 0)) AS k1, if(what = ${WHAT.cell}, tick, 0) AS k2,
      sum(weight) AS asked, sumIf(weight, NOT hit) AS missed
    FROM ${weighted} WHERE weight > 0 GROUP BY GROUPING SETS ((arm, bin, tick), (arm, instance), (arm, who))`;
  const ofUsers = (column: string): string => `if(what = ${WHAT.users}, toInt64(${column} > 0), ${column})`;
  return addUp(
    db,
    {
      rows: `(SELECT what, arm, k1, k2, [${ofUsers('asked')}, ${ofUsers('missed')}] AS sums
        FROM (${rows}) WHERE k1 >= 0)`,
      columns: [lookups, MISSES],
      kinds: [1],
    },
    terms.grid,
    signal,
  );
}
