/**
 * A judge that sees nothing, half or the past: no data is never a pass. The reference plan is rehearsed on the real server, and users
 * never get beyond the step at which the judge went blind.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../../src/providers/simulated/index.ts';
import type { Verdict } from '../../src/domain/gate.ts';
import { rehearseReference } from '../support/reference.ts';
import { sharedServer } from '../support/temporal.ts';

interface Blindness {
  readonly fault: Fault;
  /** Where it is noticed: the first hold whose gates need what is missing. */
  readonly step: string;
  readonly verdict: Verdict;
  readonly code: RegExp;
}

const CASES: readonly Blindness[] = [
  { fault: 'telemetry-down', step: 'canary 1 %', verdict: 'error', code: /judge_error/ },
  { fault: 'telemetry-silent', step: 'canary 1 %', verdict: 'inconclusive', code: /no_data/ },
  { fault: 'telemetry-stale', step: 'canary 1 %', verdict: 'inconclusive', code: /stale/ },
  { fault: 'one-sided', step: 'canary 1 %', verdict: 'inconclusive', code: /one_sided/ },
  { fault: 'embedder-down', step: 'ramp 5 %', verdict: 'error', code: /judge_error/ },
];

// Each switch waits for its own server timers most of the time.
describe('a blind judge', { concurrency: 5 }, () => {
  for (const { fault, step, verdict, code } of CASES) {
    it(`${fault}: ${step} ends ${verdict}, is extended, and then asks`, async () => {
      // At 1 % the users of a quarter of an hour prove a p95 or just do not; that is no question of this test.
      const more = fault === 'embedder-down' ? 'gates: { off: [latency] }\n' : '';
      const { outcome, events } = await rehearseReference(await sharedServer(), { fault, more });
      assert.equal(outcome.kind, 'rolled-back', JSON.stringify(outcome));
      // No gate failed `to`: a person was asked, and answered.
      assert.equal(outcome.kind === 'rolled-back' ? outcome.gate : 'none', null);
      const ends = events.flatMap((event) => (event.type === 'hold-ended' ? [event] : []));
      const blind = ends.filter((end) => end.step === step);
      assert.deepEqual(
        blind.map((end) => end.verdict),
        [verdict, verdict, verdict],
        'the hold and its two extensions',
      );
      assert.equal(ends.at(-1)?.step, step, 'nothing was held beyond it');
      assert.ok(events.some((event) => event.type === 'waiting' && event.wait.kind === 'question'));
      const looks = events.flatMap((event) =>
        event.type === 'looked' && event.step === step ? event.gates : [],
      );
      assert.ok(
        looks.some((gate) => code.test(gate.reason)),
        JSON.stringify(looks),
      );
      assert.ok(looks.every((gate) => gate.verdict !== 'fail'));
    });
  }
});
