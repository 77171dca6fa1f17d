/** λ: one case or more for each of the seven rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jaccard, lambdaOf } from '../../../src/domain/probes/lambda.ts';
import type { LambdaQuestion, LambdaRun, LambdaState } from '../../../src/domain/probes/lambda.ts';

type Shape = readonly string[] | 'error' | 'refusal' | 'empty' | 'invalid';

/** Six runs in the order (paraphrase 0..2) × seed 1, then × seed 2. */
function grid(shapes: readonly Shape[], from: 'cited' | 'retrieved' = 'cited'): LambdaRun[] {
  return shapes.map((shape, i): LambdaRun => {
    const ids = typeof shape === 'string' ? (shape === 'invalid' ? ['a'] : []) : shape;
    return {
      paraphrase: i % 3,
      seed: i < 3 ? 1 : 2,
      error: shape === 'error' ? 'body:reset' : null,
      violations: shape === 'invalid' ? ['schema:required:/answer'] : [],
      answerClass: shape === 'refusal' || shape === 'empty' ? shape : 'answer',
      sectionIds: ids,
      sectionsFrom: from,
    };
  });
}

const a = ['a'];
const b = ['b'];
const gold: LambdaQuestion = { answerable: true, targets: ['a'] };
const noGold: LambdaQuestion = { answerable: true, targets: [] };
const unanswerable: LambdaQuestion = { answerable: false, targets: [] };

const table: readonly [
  rule: string,
  shapes: readonly Shape[],
  question: LambdaQuestion,
  state: LambdaState,
][] = [
  ['1: two transport errors leave four runs', [a, a, a, a, 'error', 'error'], gold, 'unknown'],
  ['1: one transport error leaves five, enough', [a, a, a, a, a, 'error'], gold, 'convergent'],
  ['2: one refusal among answers is one odd run', [a, a, a, a, a, 'refusal'], gold, 'convergent'],
  ['2: a schema-invalid payload is aborted', [a, a, a, a, 'invalid', 'invalid'], gold, 'divergent'],
  ['2: an answer without sections is aborted', [a, a, a, a, [], []], gold, 'divergent'],
  ['3: two thirds of the runs make the consensus', [a, a, a, a, b, b], gold, 'split'],
  ['3: fewer than three runs make none', ['empty', 'empty', 'empty', 'empty', a, a], gold, 'divergent'],
  ['4: half of the cited union is aligned', [['a', 'b'], a, a, a, a, a], gold, 'convergent'],
  ['4: a third is not, but one odd run may be', [['a', 'b', 'c'], a, a, a, a, a], gold, 'convergent'],
  ['6: every run elsewhere is chaotic', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']], gold, 'chaotic'],
  ['6: no consensus but much overlap is split', [a, a, b, b, ['a', 'b'], ['c']], noGold, 'split'],
  ['6: two aborted runs are divergent', [a, a, a, a, 'refusal', 'empty'], gold, 'divergent'],
  [
    '6: all aborted agree on nothing: divergent, not chaotic',
    Array(6).fill('empty') as Shape[],
    gold,
    'divergent',
  ],
  ['6: coherent but away from gold', [b, b, b, b, b, b], gold, 'divergent'],
  ['6: coherent without gold', [b, b, b, b, b, b], noGold, 'convergent'],
  ['6: both seeds of one paraphrase odd is 4/6: too few', [b, a, a, b, a, a], gold, 'split'],
  ['6: 5 of 6 over all, one odd paraphrase', [b, a, a, a, a, a], gold, 'convergent'],
  ['6: with five present all must align', [b, a, a, a, a, 'error'], gold, 'split'],
  [
    '7: five of six refusals',
    ['refusal', 'refusal', 'refusal', 'refusal', 'refusal', a],
    unanswerable,
    'convergent',
  ],
  ['7: four of six refusals', ['refusal', 'refusal', 'refusal', 'refusal', a, a], unanswerable, 'split'],
  [
    '7: four of five refusals is under 5/6',
    ['refusal', 'refusal', 'refusal', 'refusal', a, 'error'],
    unanswerable,
    'split',
  ],
  ['7: steadily made up', [a, a, a, a, a, a], unanswerable, 'divergent'],
];

for (const [rule, shapes, question, state] of table) {
  test(`rule ${rule}`, () => assert.equal(lambdaOf(grid(shapes), question).state, state));
}

test('rule 4: a top-k is asked only to contain the consensus', () => {
  const noisy = grid(
    [
      ['a', 'p', 'q'],
      ['a', 'r', 's'],
      ['a', 't'],
      ['a', 'u'],
      ['a', 'v'],
      ['a', 'w'],
    ],
    'retrieved',
  );
  assert.equal(lambdaOf(noisy, gold).state, 'convergent');
  assert.equal(
    lambdaOf(
      noisy.map((run) => ({ ...run, sectionsFrom: 'cited' as const })),
      gold,
    ).state,
    'split',
  );
});

test('rule 5: the symbols of runs', () => {
  const shapes: Shape[] = [a, a, a, ['a', 'x', 'y'], b, 'error'];
  const result = lambdaOf(grid(shapes), noGold);
  assert.deepEqual(result.symbols, ['→', '→', '→', '<>', '×', 'missing']);
  assert.deepEqual(result.consensus, ['a']);
  assert.equal(result.present, 5);
  assert.equal(lambdaOf(grid([a, a, a, a, a, 'refusal']), gold).symbols[5], '←');
});

test('conventions: empty sets agree, ids go through the section map', () => {
  assert.equal(jaccard(new Set(), new Set()), 1);
  assert.equal(jaccard(new Set(a), new Set()), 0);
  const sectionMap = new Map([['new-a', 'a']]);
  const renamed = grid(Array.from({ length: 6 }, () => ['new-a']));
  assert.equal(lambdaOf(renamed, gold).state, 'divergent');
  assert.equal(lambdaOf(renamed, { ...gold, sectionMap }).state, 'convergent');
});
