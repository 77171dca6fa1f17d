/** What is the user's to mend in a plan that names ClickHouse. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
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

test('the table that users make computes of a line what statements would', async () => {
  const page = await readFile(new URL('../../docs/clickhouse-table.md', import.meta.url), 'utf8');
  for (const [name, { type, sql }] of Object.entries(COMPUTED)) {
    assert.ok(page.includes(`  ${name} ${type} DEFAULT ${sql}`), name);
  }
});
