/** One color's traffic by block: the day before a switch. */
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  histogramOfCounts,
  LAST_BUCKET,
  wholeBlocks,
  type Histogram,
  type TrafficBlocks,
} from '../../../domain/clusters/index.ts';
import type { Color } from '../../../domain/color.ts';
import type { BlocksQuery } from '../../../ports/index.ts';
import { zeros } from '../../../domain/engine-sums/index.ts';
import type { LineTables } from '../tables.ts';
import { createCounted, createFailed } from './counted.ts';
import { numbers } from './numbers.ts';

export async function trafficBlocks(
  connection: DuckDBConnection,
  tables: LineTables,
  color: Color,
  query: BlocksQuery,
): Promise<TrafficBlocks> {
  const { fromMs: startMs, blockMs, sameFailureMs, serverErrors, service, regions } = query;
  const count = wholeBlocks(query);
  const ticked = { startMs, tickMs: blockMs, ticks: count };
  const frame = { service, regions, to: color, from: null, ...ticked, serverErrors };
  await createCounted(connection, tables, frame);
  await createFailed(connection, sameFailureMs);
  const [requests, repeats, events] = [zeros(count), zeros(count), zeros(count)];
  const read = async (into: number[], from: string): Promise<void> => {
    for (const [tick = 0, n = 0] of await numbers(
      connection,
      ['tick', 'count(*)'],
      `FROM ${from} GROUP BY tick`,
    )) {
      into[tick] = n;
    }
  };
  await read(requests, 'counted');
  await read(repeats, 'failed WHERE repeats');
  await read(events, 'failed WHERE NOT repeats');
  const final = await histograms(connection, 'final_bucket');
  const usable = await histograms(connection, 'usable_bucket');
  const empty = histogramOfCounts([]);
  return {
    color,
    startMs,
    blockMs,
    blocks: requests.map((n, at) =>
      n === 0
        ? null
        : {
            trials: n - (repeats[at] ?? 0),
            events: events[at] ?? 0,
            final: final.get(at) ?? empty,
            usable: usable.get(at) ?? empty,
          },
    ),
  };
}

async function histograms(
  connection: DuckDBConnection,
  bucket: 'final_bucket' | 'usable_bucket',
): Promise<Map<number, Histogram>> {
  const found = await numbers(
    connection,
    ['tick', bucket, 'count(*)'],
    `FROM counted WHERE warm AND ${bucket} IS NOT NULL GROUP BY tick, ${bucket}`,
  );
  const counts = new Map<number, Float64Array>();
  for (const [tick = 0, at = 0, n = 0] of found) {
    let own = counts.get(tick);
    if (own === undefined) counts.set(tick, (own = new Float64Array(LAST_BUCKET + 1)));
    own[at] = n;
  }
  return new Map(Array.from(counts, ([tick, own]) => [tick, histogramOfCounts(own)]));
}
