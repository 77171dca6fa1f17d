/** What users ask for most: path and query. */
import type { Targets } from '../domain/targets.ts';
import { signal } from './attempt.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;

/** Of the last day, on both colors together, the most asked first. */
export async function popularKeys(world: World, targets: Targets, limit: number): Promise<string[]> {
  const telemetry = await world.port('telemetry', targets);
  const toMs = world.now();
  const query = { service: targets.service, fromMs: toMs - DAY_MS, toMs, regions: [] };
  const ranked = await Promise.all(
    [targets.from, targets.to].map((color) => telemetry.popularKeys(color, limit, query, signal())),
  );
  const hits = new Map<string, number>();
  for (const { key, hits: count } of ranked.flat()) hits.set(key, (hits.get(key) ?? 0) + count);
  return [...hits]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([key]) => key);
}
