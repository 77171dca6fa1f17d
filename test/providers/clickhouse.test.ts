/** What is the user's to mend in a plan that names ClickHouse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/domain/errors.ts';
import { clickhouseTelemetry } from '../../src/providers/clickhouse/index.ts';

test('an address that is missing or none is the user’s to mend, before anything is asked', () => {
  assert.throws(() => clickhouseTelemetry({ use: 'clickhouse' }, { env: {} }), UserError);
  const env = { CLICKHOUSE_URL: 'not an address' };
  assert.throws(() => clickhouseTelemetry({ use: 'clickhouse' }, { env }), /CLICKHOUSE_URL is no address/);
});
