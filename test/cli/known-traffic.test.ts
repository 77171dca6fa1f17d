/** What is read of telemetry before a switch. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { knownTraffic } from '../../src/cli/known-traffic.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';
import { usualOf } from '../../src/domain/clusters/index.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { tempFolder } from '../probes/set-folder.ts';
import { scriptedPlan } from '../support/plans.ts';

const HOUR_MS = 3_600_000;
const HOURS = 6;
const PER_HOUR = 200;
/** One request in so many. */
const IN_US = 5;
const FAILS = 20;

async function planOf(telemetry: Plan['providers']['telemetry']): Promise<Plan> {
  const plan = await scriptedPlan('docs');
  const entry = ['eu', 'us'].map((region) => ({ region, url: `http://127.0.0.1:9/${region}` }));
  return { ...plan, entry, providers: { ...plan.providers, telemetry } };
}

const never = new AbortController().signal;

void test('the usual hour, the smallest region, and a day of the old color', async () => {
  const folder = await tempFolder();
  const now = Date.now();
  const lines = Array.from({ length: HOURS * PER_HOUR }, (_, i) =>
    requestLine({
      ts: new Date(now - HOURS * HOUR_MS + (i * HOUR_MS) / PER_HOUR).toISOString(),
      service: 'docs',
      color: 'blue',
      region: i % IN_US === 0 ? 'us' : 'eu',
      // Each user asks twice, at once.
      user: String(Math.floor(i / 2)).padStart(16, '0'),
      instance: `pod-${i % 3}`,
      ...(i % FAILS === 1 ? { status: 503, error: 'headers:http_5xx:503' } : {}),
    }),
  );
  await writeFile(path.join(folder, 'edge.ndjson'), ndjson(lines));
  const plan = await planOf({ use: 'duckdb', path: path.join(folder, '*.ndjson') });
  const { traffic, source } = await knownTraffic(plan, {}, never);
  assert.ok(traffic !== null, source);
  assert.match(source, /^From \d hours of the last 7 days$/);
  assert.ok(Math.abs(traffic.requestsPerHour - PER_HOUR) <= 2, String(traffic.requestsPerHour));
  assert.ok(Math.abs((traffic.requestsPerUser ?? 0) - 2) < 0.05, String(traffic.requestsPerUser));
  assert.equal(traffic.namesInstances, true);
  assert.equal(traffic.smallestRegion?.name, 'us');
  assert.ok(Math.abs((traffic.smallestRegion?.share ?? 0) - 1 / IN_US) < 0.01);
  assert.ok(traffic.days.length > 0);
  assert.ok(Math.abs((usualOf(traffic.days)?.errorRate ?? 0) - 1 / FAILS) < 0.01);
});

void test('what cannot be read is unknown, with the reason in one line', async () => {
  const missing = path.join(await tempFolder(), 'no-such', '*.ndjson');
  const { traffic, source } = await knownTraffic(await planOf({ use: 'duckdb', path: missing }), {}, never);
  assert.equal(traffic, null);
  assert.match(source, /no-such/);
  assert.doesNotMatch(source, /\n/);
});
