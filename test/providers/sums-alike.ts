/** What every engine must count of the drawn lines, to the last number: what the domain counts of them in memory. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  BUILT_IN_RULE,
  blocksOf,
  countLines,
  type PartHistograms,
  type PartLimits,
  type ServerErrors,
  type SumsTerms,
} from '../../src/domain/clusters/index.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { counted, HOLD_MS, limits, QUERY, randomLines, START, TERMS } from './drawn-lines.ts';

/** Some tell no first usable text. */
export const LINES: readonly RequestLine[] = randomLines('sums', 20_000).map((line, i) => {
  if (i % 7 > 0) return line;
  const { tusable: _, ...rest } = line.latency_ms;
  return { ...line, latency_ms: rest as RequestLine['latency_ms'] };
});

/** A status, a class, and all below a class, each way. */
const OWN_RULE: ServerErrors = { also: [429, 'client:abort'], not: [501, 'body', 'connect:refuse'] };

/** @param over what differs from {@link TERMS} */
export async function sumsAre(
  port: TelemetryPort,
  over: Partial<SumsTerms> = {},
  regions: readonly string[] = [],
): Promise<void> {
  const terms = { ...TERMS, ...over };
  const seen: (readonly PartHistograms[])[] = [];
  const ask = (one: readonly PartHistograms[]): PartLimits[] => {
    seen.push(one);
    return limits(one, terms);
  };
  const found = await port.sums({ ...QUERY, regions, terms }, ask);
  const ours = counted(LINES).filter(({ region }) => regions.length === 0 || regions.includes(region));
  const expected = countLines(ours, terms, ask);
  assert.deepEqual(seen[0], seen[1], 'the first pass');
  assert.deepEqual(found, expected);
}

/** @param port that holds {@link LINES} when the first of these tests runs */
export function sumsAlike(port: () => TelemetryPort): void {
  void it('every kind of thing', () => sumsAre(port()));
  void it('a hold of seconds, of half ticks, with a short block at its start', () =>
    sumsAre(port(), {
      grid: { tickMs: 1000 / 3, blockTicks: 3, ticks: 44 },
      recent: { startMs: START + 9000, parts: 6 },
    }));
  void it('some regions only', () => sumsAre(port(), {}, ['eu', 'us']));
  void it('the other way round, with repeats told apart by less', () =>
    sumsAre(port(), { to: 'blue', from: 'green', sameFailureMs: 500, apartBlocks: 0 }));
  void it('the plan says which errors count', () => sumsAre(port(), { serverErrors: OWN_RULE }));
  void it('alone, when from has no users', () => sumsAre(port(), { from: null }));
  void it('nothing at all', () =>
    sumsAre(port(), {
      startMs: START + 10 * HOLD_MS,
      recent: { startMs: START + 10 * HOLD_MS, parts: 3 },
    }));
  void it('the day by block, with empty blocks and a short last one', async () => {
    const range = {
      fromMs: START - 400_000,
      toMs: START + HOLD_MS + 30_000,
      blockMs: 180_000,
      sameFailureMs: 60_000,
    };
    for (const color of ['blue', 'green'] as const) {
      for (const serverErrors of [BUILT_IN_RULE, OWN_RULE]) {
        const terms = { ...range, serverErrors };
        const found = await port().blocks(color, { ...QUERY, ...terms });
        assert.deepEqual(found, blocksOf(counted(LINES), color, terms));
        assert.ok(found.blocks.includes(null) && found.blocks.length === 7);
      }
    }
  });
}
