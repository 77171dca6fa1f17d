/** The table of providers: what was asked of each port, and every port of a provider has a suite that asks it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { providerReport } from '../../scripts/test/provider-report.ts';
import { allFiles } from '../../scripts/test/files.ts';
import { MANIFESTS } from '../../src/providers/registry.ts';

const suite = (passed: number, failed: number, ...skipped: string[]) => ({ passed, failed, skipped });

test('says what a port kept, what it was not asked, and where its peer differs', () => {
  const rows = providerReport([
    {
      suites: new Map([
        ['ConfigStorePort: redis', suite(15, 0, 'nobody can stop it')],
        ['ConfigStorePort: redis with a replica', suite(16, 1)],
        ['redis: store.compareAndSet', suite(5, 0)],
        ['TelemetryPort of totals: cloudwatch, by ministack', suite(9, 0)],
        ['something else', suite(3, 0)],
      ]),
    },
  ]);
  const row = (start: string): string => rows.find((one) => one.startsWith(`| ${start} `)) ?? 'no row';
  assert.match(row('redis | store'), /\| 31 passed, 1 failed \| 5 passed \| nobody can stop it \| – \|$/);
  assert.match(row('cloudwatch | telemetry'), /\| 9 passed \| – \| – \| it has no percentile ranks; /);
  assert.match(row('haproxy | traffic'), /\| – \| – \| – \| – \|$/, 'what was not run is said');
  assert.equal(row('cloudflare | telemetry'), 'no row');
});

/** Ports of an edge are asked one by one; an embedder is none. */
const NOT_ASKED = ['edge', 'embedder'];
/** Its users have no cache that a suite could ask. */
const BY_REHEARSALS = ['simulated cache'];

test('every port of every provider is asked by a suite of its kind, in a file that the lane runs', () => {
  const asked = allFiles()
    .filter(({ isOfProviders }) => isOfProviders)
    .flatMap(({ path }) =>
      [...readFileSync(path, 'utf8').matchAll(/\b(\w+)PortSuite\(\s*[`'](\w+)/g)].map(
        ([, port = '', name = '']) =>
          `${name} ${port === 'totals' ? 'telemetry' : port.replace('customGate', 'gate')}`,
      ),
    );
  const wanted = MANIFESTS.flatMap(({ name, ports }) =>
    Object.keys(ports)
      .filter((port) => !NOT_ASKED.includes(port))
      .map((port) => `${name} ${port}`),
  ).filter((one) => !BY_REHEARSALS.includes(one));
  assert.deepEqual(
    wanted.filter((one) => !asked.includes(one)),
    [],
  );
});
