/** The plan of rounds and the pairing of controls. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { answerClassOf } from '../../../src/domain/probes/answer-class.ts';
import { controlIndex, fullGrid, interleave, planRounds } from '../../../src/domain/probes/rounds.ts';

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `q${i}`);
const cellKey = (c: { probeId: string; paraphrase: number; seed: number }): string =>
  `${c.probeId}/${c.paraphrase}/${c.seed}`;

test('Latin square: every cell exactly once in any six rounds, every question once a round', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.string(),
      fc.integer({ min: 0, max: 50 }),
      (n, seed, first) => {
        const plans = planRounds(names(n), 6, seed, first);
        const cells = plans.flatMap((plan) => plan.cells);
        assert.equal(new Set(cells.map(cellKey)).size, n * 6);
        for (const plan of plans) {
          assert.equal(new Set(plan.cells.map((c) => c.probeId)).size, n);
          assert.ok(
            plan.cells.every(
              (c) => c.round === plan.round && c.paraphrase < 3 && (c.seed === 1 || c.seed === 2),
            ),
          );
          // Balance within a round: no cell of the grid is used more than once oftener than another.
          const counts = [0, 1, 2].flatMap((p) =>
            [1, 2].map((s) => plan.cells.filter((c) => c.paraphrase === p && c.seed === s).length),
          );
          assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a later call goes on where an earlier one ended, and the seed decides', () => {
  const whole = planRounds(names(20), 8, 'x');
  assert.deepEqual(planRounds(names(20), 3, 'x', 5), whole.slice(5));
  assert.notDeepEqual(planRounds(names(20), 8, 'y'), whole);
  assert.equal(fullGrid(names(20), 1).length, 120);
  assert.throws(() => planRounds(['a', 'a'], 1, 1), RangeError);
});

test('sending order is ABBA', () => {
  const order = interleave(['1', '2', '3'], ['blue', 'green']).map((s) => `${s.cell}${s.color.charAt(0)}`);
  assert.deepEqual(order, ['1b', '1g', '2g', '2b', '3b', '3g']);
});

test('a control is 17 further on, and never the question itself', () => {
  assert.equal(controlIndex(0, 100), 17);
  assert.equal(controlIndex(90, 100), 7);
  for (const length of [2, 3, 17, 34, 100]) {
    const paired = Array.from({ length }, (_, i) => controlIndex(i, length));
    assert.ok(paired.every((to, i) => to !== i));
    assert.equal(new Set(paired).size, length);
  }
  assert.equal(controlIndex(0, 1), null);
});

test('an answer answers, refuses or is empty', () => {
  const no = (): boolean => false;
  assert.equal(answerClassOf('Yes.', false, no), 'answer');
  assert.equal(answerClassOf('  ', false, no), 'empty');
  assert.equal(answerClassOf(null, false, no), 'empty');
  assert.equal(
    answerClassOf('I cannot', false, (t) => t.startsWith('I cannot')),
    'refusal',
  );
  assert.equal(answerClassOf('', true, no), 'refusal');
});
