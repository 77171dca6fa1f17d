/** How the demo must end: a fault that is to be asked about has not ended well when nobody was asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDINGS, FAULTS, isAsItShould } from '../../examples/docs-rag/demo/endings.ts';
import type { Outcome } from '../../src/domain/state.ts';

const completed: Outcome = { kind: 'completed', report: null };
const rolledBack = (gate: string | null): Outcome => ({
  kind: 'rolled-back',
  reason: '',
  gate,
  restoredInMs: 0,
  left: [],
  remedy: '',
  report: null,
});

test('a fault must be answered by its own gate', () => {
  for (const fault of FAULTS) {
    const ending = ENDINGS[fault];
    const isRollback = ending.outcome === 'rolled-back';
    assert.equal(isAsItShould(ending, rolledBack(ending.gate), []), isRollback, fault);
    assert.equal(isAsItShould(ending, rolledBack('another'), []), false, fault);
    assert.equal(isAsItShould(ending, completed, ['why?']), !isRollback, fault);
  }
});

test('where the switch must ask, going on by itself is no success', () => {
  const asking = FAULTS.filter((fault) => ENDINGS[fault].asks);
  assert.deepEqual(asking, ['cold-only', 'queue-stuck']);
  for (const fault of asking) assert.equal(isAsItShould(ENDINGS[fault], completed, []), false, fault);
  assert.equal(isAsItShould(ENDINGS.none, completed, []), true);
});
