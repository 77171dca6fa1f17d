/** ClickHouse counts sums as the domain does over lines in memory, to the last number. */
import { after, before, describe } from 'node:test';
import type { TelemetryPort } from '../../src/ports/index.ts';
import { clickhouseTelemetry } from '../../src/providers/clickhouse/index.ts';
import { telemetryPortSuite } from '../../src/conformance/telemetry.ts';
import { linesTable } from '../support/clickhouse-server.ts';
import { START } from './drawn-lines.ts';
import { LINES, sumsAlike } from './sums-alike.ts';

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
  let port: TelemetryPort;
  let drop: () => Promise<void>;
  before(async () => {
    const { url, table, append, drop: end } = await linesTable();
    await append(LINES);
    port = clickhouseTelemetry({ use: 'clickhouse', url, table }, { env: {} });
    drop = end;
  });
  after(async () => {
    await port.close?.();
    await drop();
  });

  sumsAlike(() => port);
});
