/** What the page on ClickHouse tells people to type is what the provider reads. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { clickhouseTelemetry } from '../../src/providers/clickhouse/index.ts';
import { tableSql } from '../../src/providers/clickhouse/lines.ts';

test('the statement in the documentation makes the table that the provider reads', async () => {
  const page = await readFile(new URL('../../docs/clickhouse.md', import.meta.url), 'utf8');
  const [, sql] = /```sql\n([\s\S]*?);\n```/.exec(page) ?? [];
  assert.equal(sql, tableSql('request_lines'));
});

test('an address that is missing or none is the user’s to mend, before anything is asked', () => {
  assert.throws(() => clickhouseTelemetry({ use: 'clickhouse' }, { env: {} }), UserError);
  const env = { CLICKHOUSE_URL: 'not an address' };
  assert.throws(() => clickhouseTelemetry({ use: 'clickhouse' }, { env }), /CLICKHOUSE_URL is no address/);
});
