/** Preflight on the real server: each class of blocking finding refuses the switch before anything is written. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FindingCode } from '../../src/domain/finding.ts';
import type { HealthContract } from '../../src/domain/health.ts';
import { NATIVE, type PlanChange } from '../support/plans.ts';
import type { ScriptedService } from '../support/scripted-service.ts';
import { openSwitches } from '../support/switch.ts';

const switches = openSwitches();

interface Blocked {
  readonly code: FindingCode;
  readonly script?: (service: ScriptedService) => void;
  readonly plan?: PlanChange;
}

const green =
  (change: Partial<HealthContract>) =>
  (service: ScriptedService): void => {
    service.health = (healthy) => [healthy.color === 'green' ? { ...healthy, ...change } : healthy];
  };

const both =
  (change: Partial<HealthContract>) =>
  (service: ScriptedService): void => {
    service.health = (healthy) => [{ ...healthy, ...change }];
  };

const index = {
  name: 'docs-green',
  INDEX_HASH: 'h2',
  metric: 'dot',
  analyzer: 'en',
  embedModel: 'm1',
  reranker: 'none',
};

const BLOCKED: readonly Blocked[] = [
  { code: 'provider-unreachable', script: (service) => service.failAt('edge.observe', 'retry') },
  { code: 'provider-misconfigured', script: (service) => service.failAt('telemetry', 'human') },
  { code: 'probe-set-missing', script: (service) => service.failAt('probes', 'fatal') },
  { code: 'probe-set-size', script: (service) => (service.probes = 10) },
  { code: 'probe-set-uncalibrated', plan: { probes: { scale: 'calibrated' } } },
  { code: 'edge-not-on-from', script: (service) => service.strangerWrites({ weightPercent: 40 }) },
  {
    code: 'edge-topology-unsupported',
    script: ({ capabilities }) => (capabilities.router = { ...capabilities.router, topologies: ['header'] }),
  },
  {
    code: 'edge-granularity',
    plan: NATIVE,
    script: (service) => (service.native = { granularityPercent: 20 }),
  },
  {
    code: 'edge-cannot-lower',
    plan: NATIVE,
    script: (service) => (service.native = { canLower: false }),
  },
  {
    code: 'edge-frozen',
    script: (service) => service.strangerWrites({ freezeUntilMs: Date.now() + 3_600_000 }),
  },
  { code: 'health-missing', script: (service) => (service.health = () => []) },
  { code: 'health-not-ok', script: green({ ok: false }) },
  { code: 'health-wrong-color', script: green({ color: 'blue' }) },
  { code: 'release-differs', script: green({ release: 'r40' }) },
  { code: 'env-parity', script: green({ env: { MODEL: 'other' } }) },
  { code: 'secrets-overlap', script: green({ secrets: { edge: ['k1', 'k2'], core: ['k1'] } }) },
  { code: 'index-unlabelled', script: green({ index: { ...index, name: '' } }) },
  { code: 'index-differs', script: green({ index }) },
  { code: 'index-shared', script: green({ index: { ...index, name: 'docs-blue' } }) },
  { code: 'cache-prefix-shared', script: both({ cachePrefix: 'docs' }) },
  { code: 'queue-topic-shared', script: (service) => (service.hasOneTopic = true) },
  { code: 'queue-retry-differs', script: (service) => (service.greenReceives = 3) },
  { code: 'queue-quiet-too-short', script: (service) => (service.queueLagMs = 60_000) },
  { code: 'regions-missing', script: green({ region: 'ap-south' }) },
  { code: 'from-capacity', script: both({ capacity: { ready: 0, max: 0 } }) },
];

void describe('preflight refuses and writes nothing', { concurrency: 6 }, () => {
  for (const { code, script, plan } of BLOCKED) {
    void test(`for ${code}`, async () => {
      const one = await switches.start(`refused ${code}`, {
        ...(script === undefined ? {} : { script }),
        ...(plan === undefined ? {} : { plan }),
      });
      const writesBefore = one.service.writes.length;
      const outcome = await one.outcome();
      assert.equal(outcome.kind, 'refused');
      const found = outcome.kind === 'refused' ? outcome.findings : [];
      const finding = found.find((one) => one.code === code);
      assert.ok(finding !== undefined, `found ${found.map((one) => one.code).join(', ')}`);
      assert.equal(finding.severity, 'blocking');
      assert.ok(finding.message.length > 0 && finding.fix.length > 0);
      assert.equal(one.service.writes.length, writesBefore);
      assert.deepEqual(one.service.looks, []);
    });
  }
});

void describe('preflight goes on', { concurrency: 3 }, () => {
  void test('with a finding that the plan accepts, and records the reason', async () => {
    const one = await switches.start('accepted finding', {
      plan: { preflight: { accept: { 'env-parity': 'new model, measured in shadow' } } },
      script: green({ env: { MODEL: 'other' } }),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const { findings } = await one.until('findings');
    assert.deepEqual(
      findings.map(({ code, accepted }) => [code, accepted]),
      [['env-parity', 'new model, measured in shadow']],
    );
  });

  void test('with a warning', async () => {
    const one = await switches.start('warned', {
      script: green({ migration: { mode: 'forward-only', tables: ['notes'] } }),
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const { findings } = await one.until('findings');
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [['migration-forward-only', 'warning']],
    );
  });

  void test('with the smallest contracts: a whole switch, and each field that is missing is said', async () => {
    const one = await switches.start('smallest contracts', {
      script: (service) => {
        service.health = ({ service: name, color, release, ok, index: its }) => [
          { service: name, color, release, ok, index: its },
        ];
      },
    });
    assert.equal((await one.outcome()).kind, 'completed');
    const { findings } = await one.until('findings');
    assert.deepEqual(
      findings.map(({ code, severity }) => `${severity} ${code}`),
      [
        'warning parity-unknown',
        'warning contract-partial',
        'warning contract-partial',
        'warning contract-partial',
        'warning contract-partial',
        'warning contract-partial',
        'warning capacity-unknown',
      ],
    );
    const said = findings.map(({ message }) => message).join('; ');
    for (const field of [
      'env',
      'secrets',
      'region',
      'cachePrefix',
      'queue',
      'migration',
      'counters',
      'schedules',
      'capacity',
    ])
      assert.ok(said.includes(field), `${field}: ${said}`);
  });

  void test('when a provider fails twice and then answers', async () => {
    const one = await switches.start('flaky at first', {
      script: (service) => service.failAt('edge.observe', 'retry', 2),
    });
    assert.equal((await one.outcome()).kind, 'completed');
  });
});
