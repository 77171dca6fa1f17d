/** Questions that were asked for retrieved text only: ΔS and coverage judge all of them, gates on answers none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuiltInGate } from '../../../src/domain/gate.ts';
import type { LookInput } from '../../../src/domain/look-input.ts';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { awaitingRerun } from '../../../src/domain/gates/lambda.ts';
import { judged, look, probes, withSettings } from './kit.ts';

const N = 120;
const ANSWERED = 60;
/** As such a run is scored. */
const UNANSWERED: Partial<ProbeRun> = { answerClass: 'empty', sectionIds: [], latencyMs: null, identity: {} };

/** @param to what is wrong of the others on `to` */
function half(gate: BuiltInGate, to: Partial<ProbeRun> = {}): LookInput {
  const without = (_: ProbeRun, question: number): Partial<ProbeRun> =>
    question < ANSWERED ? {} : UNANSWERED;
  const window = probes({
    n: N,
    from: without,
    to: (run, question) => (question < ANSWERED ? {} : { ...without(run, question), ...to }),
  });
  const marked = window.probes.map((one, i) =>
    i < ANSWERED ? one : { ...one, retrievalOnly: true as const },
  );
  return withSettings(look(gate, { probes: { ...window, probes: marked } }), { advisory: [] });
}

for (const gate of ['lambda', 'schema', 'refusals'] as const) {
  test(`${gate} judges the answered ones alone`, () => {
    const record = judged(half(gate, { violations: ['schema:/x required'] }));
    assert.equal(record.verdict, 'pass', record.summary);
    assert.ok(record.arms.to.n <= 6 * ANSWERED, `${record.arms.to.n}`);
  });
}

test('ΔS and coverage judge all of them', () => {
  for (const gate of ['delta-s', 'coverage'] as const) {
    assert.equal(judged(half(gate)).arms.to.n, N);
    const lost = judged(half(gate, { deltaS: 0.9, coverage: 0 }));
    assert.equal(lost.verdict, 'fail', lost.summary);
  }
});

test('retrieved text need not tell its index, and a wrong one is told all the same', () => {
  assert.equal(judged(half('identity')).verdict, 'pass');
  assert.equal(judged(half('identity', { identity: { INDEX_HASH: 'sha256:other' } })).verdict, 'fail');
});

test('none of them is asked again for λ', () => {
  const { probes: window } = half('lambda');
  assert.ok(window !== null);
  assert.deepEqual(awaitingRerun(window, ['blue', 'green']), []);
});
