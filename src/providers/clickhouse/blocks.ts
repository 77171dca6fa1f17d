/** One color's traffic by block. */
import { histogramOfCounts, wholeBlocks, type TrafficBlocks } from '../../domain/clusters/index.ts';
import type { Color } from '../../domain/color.ts';
import type { BlocksQuery } from '../../ports/index.ts';
import { blockKey, placeKey } from '../../domain/engine-sums/index.ts';
import type { Database } from './database.ts';
import { histogramsOf } from './first-pass.ts';
import { countedLines, linesWithin, type Frame } from './lines.ts';
import { settled, type LinesTable } from './table.ts';
import { failuresSql } from './marked.ts';

export async function trafficBlocks(
  db: Database,
  table: LinesTable,
  color: Color,
  query: BlocksQuery,
  signal?: AbortSignal,
): Promise<TrafficBlocks> {
  const { service, regions, fromMs: startMs, blockMs, sameFailureMs, serverErrors } = query;
  const count = wholeBlocks(query);
  if (count === 0) return { color, startMs, blockMs, blocks: [] };
  // A block is one tick here.
  const frame: Frame = {
    table: await settled(db, table, (one) => linesWithin(one, query), signal),
    service,
    regions,
    to: color,
    from: null,
    startMs,
    tickMs: blockMs,
    ticks: count,
    blockTicks: 1,
    serverErrors,
    names: { region: [], route: [] },
    recent: { startMs, parts: 1 },
  };
  const byTick = async (sql: string): Promise<Map<number, number[]>> => {
    const found = await db.rows(sql, signal);
    return new Map(found.map(([tick, ...counts]) => [Number(tick), counts.map(Number)]));
  };
  const [{ final, usable }, requests, failures] = await Promise.all([
    histogramsOf(db, frame, signal),
    byTick(`SELECT tick, count() FROM ${countedLines(frame)} GROUP BY tick`),
    byTick(
      `SELECT tick, countIf(repeats), countIf(NOT repeats) FROM ${failuresSql(frame, sameFailureMs)} WHERE failed GROUP BY tick`,
    ),
  ]);
  const empty = histogramOfCounts([]);
  return {
    color,
    startMs,
    blockMs,
    blocks: Array.from({ length: count }, (_, at) => {
      const [n = 0] = requests.get(at) ?? [];
      if (n === 0) return null;
      const [repeats = 0, events = 0] = failures.get(at) ?? [];
      const key = blockKey(1, placeKey(-1, -1), at);
      return {
        trials: n - repeats,
        events,
        final: final.get(key) ?? empty,
        usable: usable.get(key) ?? empty,
      };
    }),
  };
}
