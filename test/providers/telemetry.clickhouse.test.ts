/** ClickHouse counts sums as the domain does over lines in memory, to the last number. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  blocksOf,
  countLines,
  type PartHistograms,
  type PartLimits,
  type SumsTerms,
} from '../../src/domain/clusters/index.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { clickhouseTelemetry } from '../../src/providers/clickhouse/index.ts';
import { telemetryPortSuite } from '../../src/conformance/telemetry.ts';
import { linesTable } from '../support/clickhouse-server.ts';
import { counted, HOLD_MS, limits, QUERY, randomLines, START, TERMS } from './drawn-lines.ts';

telemetryPortSuite('clickhouse', async () => {
  const { url, table, append, drop } = await linesTable();
  const port = clickhouseTelemetry({ use: 'clickhouse', url, table }, { env: {} });
  const close = async (): Promise<void> => {
    await port.close?.();
    await drop();
  };
  return {
    port,
    query: { service: 'docs', fromMs: START, toMs: START + 2 * 3_600_000, regions: [] },
    append,
    close,
  };
});

void describe('clickhouse: sums', () => {
  const lines = randomLines('sums', Number(process.env['LINES'] ?? 20_000)).map((line, i) => {
    if (i % 7 > 0) return line;
    const { tusable: _, ...rest } = line.latency_ms;
    return { ...line, latency_ms: rest as RequestLine['latency_ms'] };
  });
  let port: TelemetryPort;
  let drop: () => Promise<void>;
  before(async () => {
    const { url, table, append, drop: end } = await linesTable();
    await append(lines);
    port = clickhouseTelemetry({ use: 'clickhouse', url, table }, { env: {} });
    drop = end;
  });
  after(async () => {
    await port.close?.();
    await drop();
  });

  const both = async (over: Partial<SumsTerms>, regions: readonly string[] = []): Promise<void> => {
    const terms = { ...TERMS, ...over };
    const seen: (readonly PartHistograms[])[] = [];
    const ask = (one: readonly PartHistograms[]): PartLimits[] => {
      seen.push(one);
      return limits(one, terms);
    };
    const found = await port.sums({ ...QUERY, regions, terms }, ask);
    const ours = counted(lines).filter(({ region }) => regions.length === 0 || regions.includes(region));
    const expected = countLines(ours, terms, ask);
    assert.deepEqual(seen[0], seen[1], 'the first pass');
    assert.deepEqual(found, expected);
  };

  void it('every kind of thing', () => both({}));
  void it('a hold of seconds, of half ticks, with a short block at its start', () =>
    both({
      grid: { tickMs: 1000 / 3, blockTicks: 3, ticks: 44 },
      recent: { startMs: START + 9000, parts: 6 },
    }));
  void it('some regions only', () => both({}, ['eu', 'us']));
  void it('the other way round, with repeats told apart by less', () =>
    both({ to: 'blue', from: 'green', sameFailureMs: 500, apartBlocks: 0 }));
  void it('alone, when from has no users', () => both({ from: null }));
  void it('nothing at all', () =>
    both({ startMs: START + 10 * HOLD_MS, recent: { startMs: START + 10 * HOLD_MS, parts: 3 } }));

  void it('the day by block, with empty blocks and a short last one', async () => {
    const range = {
      fromMs: START - 400_000,
      toMs: START + HOLD_MS + 30_000,
      blockMs: 180_000,
      sameFailureMs: 60_000,
    };
    for (const color of ['blue', 'green'] as const) {
      const found = await port.blocks(color, { ...QUERY, ...range });
      assert.deepEqual(found, blocksOf(counted(lines), color, range));
    }
  });
});
