/** What `cutover doctor` says of a ClickHouse. */
import { linesTable } from '../support/clickhouse-server.ts';
import { saysEach, type Way } from '../support/asked-provider.ts';

const ways = async (): Promise<readonly Way[]> => {
  const { url, table } = await linesTable();
  const ref = { use: 'clickhouse', url };
  return [
    {
      what: 'all is well',
      ref: { ...ref, table },
      state: 'ok',
      says: /^has no line of the last 15m; knows users/,
    },
    { what: 'no table of that name', ref: { ...ref, table: 'nowhere' }, state: 'wrong', says: /nowhere/ },
  ];
};

saysEach('telemetry', ways, ['all is well', 'no table of that name']);
