/** Lines with an event of the second pass, its kinds as bits, and the lines of users whose failures may repeat. */
import { allBlocks, bucketOfMs } from '../../domain/clusters/index.ts';
import { leastMs, thresholds, type Asked, type Judged } from '../../domain/engine-sums/index.ts';
import { float, literal } from './database.ts';
import { countedLines, failedLines, MAY_FAIL, NEVER, type Frame } from './lines.ts';
import { computed } from './table.ts';

/** Bits beside those of the kinds: a line counts, or repeats a failure. */
export interface AgainBits {
  readonly counts: number;
  readonly repeats: number;
  readonly recentCounts: number;
  readonly recentRepeats: number;
}

export function againBits({ bits }: Asked): AgainBits {
  const next = 1 + Math.max(bits.recent.failed, bits.recent.final, bits.recent.usable);
  return { counts: next, repeats: next + 1, recentCounts: next + 2, recentRepeats: next + 3 };
}

/** A relation once for each part that is judged, with its `arm`; it has `side`, `region` and `route`. */
export function byArm(relation: string, judged: readonly Judged[]): string {
  const places = placesOf(judged, (place) => place + 1);
  return `(SELECT *, toUInt8(2 * place - 2 + side) AS arm
    FROM (SELECT *, arrayJoin([${places.join(', ')}]) AS place FROM ${relation}) WHERE place > 0)`;
}

/** For the whole, region and route what stands for the part's place there, as SQL; 0 of a part that is not judged. */
export function placesOf(judged: readonly Judged[], value: (place: number) => number): string[] {
  return [0, 1, 2].flatMap((dimension) => {
    const ours = judged.flatMap((one, place) =>
      one.dimension === dimension ? [[one.number, value(place)] as const] : [],
    );
    const column = [null, 'region', 'route'][dimension];
    if (ours.length === 0) return [];
    if (typeof column !== 'string') return [`toInt64(${ours[0]?.[1] ?? 0})`];
    const [numbers, values] = [ours.map(([number]) => number), ours.map(([, at]) => at)];
    return [`toInt64(transform(${column}, [${numbers.join(', ')}], [${values.join(', ')}], 0))`];
  });
}

/** Columns arm, who, bin, tick, instance, slot, `mask` and `n`, which is 1. */
export function markedLines(frame: Frame, asked: Asked): string {
  const columns = 'arm, who, bin, tick, instance, slot, toUInt32(mask) AS mask, toInt64(1) AS n';
  const failures = byArm(failureMarks(frame, asked), asked.judged);
  return `(SELECT ${columns} FROM ${failures} UNION ALL SELECT ${columns} FROM ${slowMarks(frame, asked)} WHERE mask > 0)`;
}

/** Every failure, whether it `repeats` the one before it, and the good lines of users who failed twice within that time. */
export function failuresSql(frame: Frame, sameFailureMs: number): string {
  const columns = 'side, region, route, who, bin, tick, instance, slot';
  const before = 'PARTITION BY side, who ORDER BY ms, failed, region_name, route_name, instance';
  const frameOf = 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';
  const same = float(sameFailureMs);
  const who = computed(frame.table, 'who');
  // Most users who fail more than once do so long apart: what went well between is not looked at.
  const close = `(SELECT who FROM (SELECT who, ms - lagInFrame(ms, 1, ${NEVER}) OVER (PARTITION BY side, who ORDER BY ms ${frameOf}) AS since
      FROM ${failedLines(frame)}) WHERE since < ${same})`;
  return `(SELECT ${columns}, failed, failed AND lagInFrame(failed, 1, false) OVER before
        AND ms - lagInFrame(ms, 1, ms) OVER before < ${same} AS repeats
      FROM (SELECT ${columns}, region_name, route_name, ms, failure != '' AS failed
        FROM ${countedLines(frame, `(${MAY_FAIL} OR ${who} IN ${close})`)} WHERE failed OR who IN ${close})
      WINDOW before AS (${before} ${frameOf}))`;
}

function failureMarks(frame: Frame, asked: Asked): string {
  const { bits, terms } = asked;
  const again = againBits(asked);
  const mark = (when: string, bit: number, recent: number): string =>
    `if(${when}, if(slot < 0, ${2 ** bit}, ${2 ** bit + 2 ** recent}), 0)`;
  return `(SELECT *, ${mark('failed AND NOT repeats', bits.failed, bits.recent.failed)}
      + ${mark('repeats', again.repeats, again.recentRepeats)} + ${mark('NOT repeats', again.counts, again.recentCounts)} AS mask
    FROM ${failuresSql(frame, terms.sameFailureMs)})`;
}

/** Warm successes slower than anything they are compared with. */
function slowMarks(frame: Frame, asked: Asked): string {
  const { judged, bits } = asked;
  // By bucket, which is narrower than a time: the bucket before, too, because two logarithms may differ in their last bit.
  const least = (key: 'final' | 'usable'): string[] => {
    const ms = leastMs(judged, key);
    return ms === null
      ? []
      : [`${computed(frame.table, `${key}_bucket`)} >= ${Math.max(0, bucketOfMs(ms) - 1)}`];
  };
  const any = [...least('final'), ...least('usable')];
  const slow = `(SELECT side, region, route, who, bin, tick, instance, slot, toInt32(block) AS block, tfinal,
      tusable
    FROM ${countedLines(frame, `(${any.length === 0 ? 'false' : any.join(' OR ')})`)} WHERE final_bucket >= 0)`;
  const of = (series: 'final' | 'usable', ms: string): string[] => {
    const bit = (limit: string, at: number): string => `if(${ms} > ${series}_${limit}, ${2 ** at}, 0)`;
    return [
      bit('own', bits[series].own),
      ...bits[series].slow.map((at, i) => bit(String(i), at)),
      `if(slot >= 0 AND ${ms} > ${series}_far, ${2 ** bits.recent[series]}, 0)`,
    ];
  };
  const at = `toUInt32(arm * ${allBlocks(asked.terms.grid)} + block)`;
  return `(SELECT *, ${[...of('final', 'tfinal'), ...of('usable', 'tusable')].join(' + ')} AS mask
    FROM (SELECT *, ${at} AS at FROM ${byArm(slow, judged)}) AS slow ANY LEFT JOIN ${limitsTable(asked)} AS limits USING (at))`;
}

/** What is slow, a row for each arm and block; nothing is slower than the largest number. */
function limitsTable({ judged, bits, terms }: Asked): string {
  const columns = (['final', 'usable'] as const).flatMap((series) =>
    ['own', ...bits[series].slow.map((_, i) => String(i)), 'far'].map((name) => `${series}_${name} Float64`),
  );
  const rows = thresholds(judged, bits, terms.grid).map(({ arm, block, final, usable }) =>
    JSON.stringify([
      arm * allBlocks(terms.grid) + block,
      ...[final, usable]
        .flatMap(({ own, slow, far }) => [own, ...slow, far])
        .map((limit) => Math.min(limit ?? Infinity, Number.MAX_VALUE)),
    ]),
  );
  return `(SELECT * FROM format(JSONCompactEachRow, ${literal(`at UInt32, ${columns.join(', ')}`)}, ${literal(rows.join('\n'))}))`;
}
