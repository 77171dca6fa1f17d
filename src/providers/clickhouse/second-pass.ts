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
import { addUp, besideRows, cellRows, gathered, IS_OF_USERS, type AddedUp } from './cells.ts';
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
  const again = againBits(asked);
  const has = (at: number): string => `bitTest(one.mask, ${at})`;
  const next = 1 + again.recentRepeats;
  const repeating = { [REPEATING[0]]: next, [REPEATING[1]]: next + 1 };
  const trials = { [TRIALS.errors]: next + 2, [TRIALS.final]: next + 3, [TRIALS.usable]: next + 4 };
  const trialsBy = (columns: string): string =>
    byArm(
      `(SELECT side, region, route, ${columns}, toUInt8(1 + 2 * (final_bucket >= 0) + 4 * (usable_bucket >= 0)) AS among, toInt64(count()) AS n,
        bitShiftLeft(toUInt32(among), ${next + 2}) AS mask
      FROM ${countedLines(frame)} GROUP BY side, region, route, ${columns}, among)`,
      judged,
    );
  // All of a user's lines repeat a failure elsewhere; a line that does is no trial.
  const mask = `multiIf(${IS_OF_USERS}, one.mask
      + if(${has(again.repeats)} AND NOT ${has(again.counts)}, ${2 ** next}, 0)
      + if(${has(again.recentRepeats)} AND NOT ${has(again.recentCounts)}, ${2 ** (next + 1)}, 0),
    ${has(again.repeats)}, ${2 ** (next + 2)}, one.mask)`;
  const n = `if(${has(again.repeats)}, -one.n, one.n)`;
  const kinds = [TRIALS.errors, TRIALS.final, TRIALS.usable].map(
    (one) => kindsOf(bits).filter(({ trials: among }) => among === one).length,
  );
  return addUp(
    db,
    {
      rows: [
        cellRows(trialsBy('bin, tick')),
        besideRows(trialsBy('instance, slot')),
        gathered(markedLines(frame, asked), { mask, n }),
      ],
      columns: {
        ...trials,
        ...Object.fromEntries(allBits(asked).map((at) => [bit(at), at])),
        ...repeating,
      },
      kinds,
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
  const columns = did.map(([at]) => `did_${at}`).join(', ');
  const sides = did.flatMap(([at]) => [0, 1].map((side) => ({ at: Number(at), side })));
  // Most users did one of few things: those are counted, before each is looked at.
  const found = await db.rows(
    `SELECT what, arms, sum(n) FROM (SELECT ${columns}, count() AS n FROM (
      SELECT who, ${did.map(([at, which]) => `groupBitOr(if(${which}, arms, 0)) AS did_${at}`).join(', ')}
      FROM (SELECT who, final_bucket, usable_bucket, slot, bitShiftLeft(toUInt64(${parts}), 32 * side) AS arms FROM ${countedLines(frame)})
      GROUP BY who) GROUP BY ${columns})
    ARRAY JOIN range(${sides.length}) AS what, [${sides.map(({ at, side }) => `toUInt32(bitShiftRight(did_${at}, ${32 * side}))`).join(', ')}] AS arms
    WHERE arms > 0 GROUP BY what, arms`,
    signal,
  );
  return found.flatMap(([what, arms, n]) => {
    const { at, side } = sides[Number(what)] ?? { at: 0, side: 0 };
    return judged.flatMap((_, place) =>
      Math.floor(Number(arms) / 2 ** place) % 2 === 1 ? [[2 * place + side, 2 ** at, Number(n)]] : [],
    );
  });
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
  const weighted = `(SELECT arm, who, bin, tick, instance, toInt8(-1) AS slot, toUInt32(if(hit, ${2 ** LOOKED.up}, ${2 ** LOOKED.up + 2 ** LOOKED.missed})) AS mask,
      toInt64(transform(arm * ${length} + stratum, [${weights.map(([key]) => key).join(', ')}], [${weights.map(([, weight]) => weight).join(', ')}], 0)) AS n
    FROM ${byArm(`(SELECT * FROM ${stratifiedLookups(frame, lifetimes, true)} WHERE stratum >= 0)`, judged)} WHERE n > 0)`;
  return addUp(
    db,
    {
      rows: [gathered(weighted)],
      columns: { [TRIALS.lookups]: LOOKED.up, [MISSES]: LOOKED.missed },
      kinds: [1],
    },
    terms.grid,
    signal,
  );
}
