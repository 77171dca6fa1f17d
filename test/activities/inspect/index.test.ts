/** The checks of preflight as a whole: pure functions, of which a healthy pair has no finding. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../../../src/activities/inspect/index.ts';
import { FINDING_CODES, type FindingCode } from '../../../src/domain/finding.ts';
import { codes, healthy, NOW, plan } from './kit.ts';
import { COLORS_WRONG } from './wrong-colors.ts';
import { EDGE_WRONG } from './wrong-edge.ts';
import { QUEUES_WRONG } from './wrong-queues.ts';

void describe('the checks of preflight', () => {
  void test('find nothing wrong with a healthy pair', () => {
    assert.deepEqual(check(plan, healthy), []);
  });

  void test('are silent about what could not be read: that is a finding already', () => {
    const nothing = { edge: null, health: { blue: null, green: null }, queue: null, probes: null };
    assert.deepEqual(codes({ ...nothing, atMs: NOW, baseline: null }), []);
  });

  void test('are all provoked here, but those of other tests', () => {
    const here = new Set<FindingCode>(
      [...EDGE_WRONG, ...COLORS_WRONG, ...QUEUES_WRONG].map(({ code }) => code),
    );
    const elsewhere = FINDING_CODES.filter((code) => !here.has(code));
    assert.deepEqual(elsewhere.toSorted(), [
      'cache-unproved',
      'evidence-not-shared',
      'fence-unproved',
      'index-shared',
      'pin-refused',
      'probe-set-changed',
      'probe-set-missing',
      'probe-set-uncalibrated',
      'provider-misconfigured',
      'provider-unreachable',
      'telemetry-empty',
      'telemetry-lacks-fields',
      'telemetry-late',
      'telemetry-not-shared',
      'telemetry-unreadable',
      'telemetry-without-users',
      'warm-route',
      'worker-not-checked',
    ]);
  });
});
