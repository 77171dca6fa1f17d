/** What is the user's to mend in a plan that names ClickHouse. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { clickhouseTelemetry } from '../../src/providers/clickhouse/index.ts';
import { COMPUTED } from '../../src/providers/clickhouse/table.ts';

test('an address that is missing or none is the user’s to mend, before anything is asked', () => {
  assert.throws(() => clickhouseTelemetry({ use: 'clickhouse' }, { env: {} }), UserError);
  const env = { CLICKHOUSE_URL: 'not an address' };
  assert.throws(() => clickhouseTelemetry({ use: 'clickhouse' }, { env }), /CLICKHOUSE_URL is no address/);
});

test('how late its lines come is what the plan says, and nothing without that', async () => {
  const env = { CLICKHOUSE_URL: 'http://127.0.0.1:9' };
  for (const [lag, ms] of [
    [undefined, 0],
    ['2m', 120_000],
  ] as const) {
    const port = clickhouseTelemetry({ use: 'clickhouse', ...(lag === undefined ? {} : { lag }) }, { env });
    assert.equal(port.lagMs, ms);
    await port.close?.();
  }
});

test('a table that is made after the first look is read as it is then, and asked about no more', async () => {
  let isMade = false;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((sql) => {
      asked.push(sql);
      if (sql.includes('system.columns')) return response.end(isMade ? '["line"]\n' : '');
      if (sql.includes('system.tables')) return response.end(isMade ? '["ReplacingMergeTree"]\n' : '');
      return response.end('');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const env = { CLICKHOUSE_URL: `http://127.0.0.1:${address.port}` };
  const port = clickhouseTelemetry({ use: 'clickhouse' }, { env });
  const query = { service: 'docs', fromMs: 0, toMs: 60_000, regions: [] };
  const readsOnce = async (): Promise<boolean> => {
    asked.length = 0;
    await port.hourly(query);
    return asked.some((sql) => sql.includes(' FINAL '));
  };
  try {
    assert.equal(await readsOnce(), false);
    isMade = true;
    assert.equal(await readsOnce(), true);
    assert.equal(await readsOnce(), true);
    assert.equal(asked.length, 1);
  } finally {
    await port.close?.();
    server.close();
  }
});

test('the table that users make computes of a line what statements would', async () => {
  const page = await readFile(new URL('../../docs/clickhouse-table.md', import.meta.url), 'utf8');
  for (const [name, { type, sql }] of Object.entries(COMPUTED)) {
    assert.ok(page.includes(`  ${name} ${type} DEFAULT ${sql}`), name);
  }
});
