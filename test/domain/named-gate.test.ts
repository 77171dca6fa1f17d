import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateSummary } from '../../src/domain/gate-record.ts';
import { namedGate } from '../../src/domain/named-gate.ts';

const failed = (gate: GateSummary['gate'], reason: string, rest: Partial<GateSummary> = {}): GateSummary => ({
  gate,
  verdict: 'fail',
  role: 'prove',
  summary: '',
  reason,
  ...rest,
});

void test('the cause is named, and not what follows from it', () => {
  const symptom = failed('delta-s', 'delta_s_paired_rise');
  const coverage = failed('coverage', 'coverage_newly_critical');
  assert.equal(namedGate([symptom, coverage])?.gate, 'coverage');
  assert.equal(namedGate([symptom])?.gate, 'delta-s');
  // Over the block limit itself it is the cause.
  assert.equal(namedGate([failed('delta-s', 'delta_s_median_blocked'), coverage])?.gate, 'delta-s');
  const foreign = failed('cache', 'cache_foreign_prefix');
  assert.equal(namedGate([coverage, foreign])?.gate, 'cache');
});

void test('what does not decide is not named', () => {
  assert.equal(namedGate([]), null);
  assert.equal(namedGate([failed('refusals', 'newly_refused', { advisory: true })]), null);
  assert.equal(namedGate([failed('coverage', 'x', { verdict: 'inconclusive' })]), null);
});
