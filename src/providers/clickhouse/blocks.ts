/** One color's traffic by block. */
import { wholeBlocks, type TrafficBlocks } from '../../domain/clusters/index.ts';
import type { Color } from '../../domain/color.ts';
import type { BlocksQuery } from '../../ports/index.ts';
import type { Database, Row } from './database.ts';
import { histogramOf } from './first-pass.ts';
import { countedLines, type Frame } from './lines.ts';
import { withoutRepeats } from './sums.ts';

export async function trafficBlocks(
  db: Database,
  table: string,
  color: Color,
  query: BlocksQuery,
  signal?: AbortSignal,
): Promise<TrafficBlocks> {
  const { service, regions, fromMs: startMs, blockMs, sameFailureMs, serverErrors } = query;
  const count = wholeBlocks(query);
  if (count === 0) return { color, startMs, blockMs, blocks: [] };
  // A block is one tick here.
  const frame: Frame = {
    table,
    service,
    regions,
    to: color,
    from: null,
    startMs,
    tickMs: blockMs,
    ticks: count,
    blockTicks: 1,
    serverErrors,
  };
  const sums = (bucket: string): string => `sumMapIf([${bucket}], [toUInt64(1)], warm AND ${bucket} >= 0)`;
  const [latencies, failures] = await Promise.all([
    db.rows(
      `SELECT tick, ${sums('final_bucket')}, ${sums('usable_bucket')} FROM ${countedLines(frame)} GROUP BY tick`,
      signal,
    ),
    db.rows(
      `SELECT tick, count(), countIf(failure != '') FROM ${withoutRepeats(frame, sameFailureMs)} GROUP BY tick`,
      signal,
    ),
  ]);
  const byTick = (rows: readonly Row[]): Map<number, Row> =>
    new Map(rows.map((row) => [Number(row[0]), row]));
  const [timed, failed] = [byTick(latencies), byTick(failures)];
  return {
    color,
    startMs,
    blockMs,
    blocks: Array.from({ length: count }, (_, tick) => {
      const found = timed.get(tick);
      if (found === undefined) return null;
      const [, trials, events] = failed.get(tick) ?? [];
      return {
        trials: Number(trials ?? 0),
        events: Number(events ?? 0),
        final: histogramOf(found[1]),
        usable: histogramOf(found[2]),
      };
    }),
  };
}
