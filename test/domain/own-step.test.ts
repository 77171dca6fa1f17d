/** Where steps of the user's own are in a switch, by its events alone: what is registered to be undone, what is kept, what comes next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SwitchFact } from '../../src/domain/event.ts';
import { evolve } from '../../src/domain/evolve.ts';
import { isOver, mayStand, nextRound, stepKey } from '../../src/domain/own-step.ts';
import type { OwnStep, Plan } from '../../src/domain/plan.ts';
import { initialState, type StepHow, type SwitchState } from '../../src/domain/state.ts';

const ref = { use: 'x' };

function own(name: string, change: Partial<OwnStep> = {}): OwnStep {
  return {
    at: 'frozen',
    name,
    do: ref,
    undo: ref,
    undoUntil: 'end',
    reason: null,
    withinMs: 1000,
    ...change,
  };
}

const [a, b, forward, kept] = [
  own('a'),
  own('b'),
  own('forward', { undoUntil: 'flip', reason: 'r' }),
  own('kept', { undo: null, reason: 'r' }),
];

/** `a begun 1`: by name, how and round; anything else is the type of an event without fields. */
function after(...said: readonly string[]): SwitchState {
  const plan = { from: 'blue', to: 'green', steps: [a, b, forward, kept] } as unknown as Plan;
  return said.reduce(
    (state, text, atMs) => {
      const [step = '', how, round = '1'] = text.split(' ');
      const fact = (
        how === undefined
          ? { type: step }
          : { type: 'step', step, how: how as StepHow, round: Number(round), detail: '' }
      ) as SwitchFact;
      return evolve(state, { atMs, ...fact });
    },
    initialState(plan, 'digest', 'run-1'),
  );
}

const standing = (state: SwitchState): string[] => mayStand(state).map(({ step }) => step.name);

void test('what is tried is registered, done or not, and the newest is undone first', () => {
  const state = after('a begun', 'a done', 'b begun', 'b failed');
  assert.deepEqual(state.undo, ['step a', 'step b']);
  assert.deepEqual(standing(state), ['b', 'a']);
  assert.deepEqual([isOver(state, a), isOver(state, b)], [true, false]);
});

void test('a try more is the same effect; after its undo it is another one', () => {
  assert.equal(nextRound(after(), a), 1);
  assert.equal(nextRound(after('a begun', 'a failed'), a), 1);
  const undone = after('a begun', 'a done', 'b begun', 'b failed', 'b undone', 'a undone');
  assert.deepEqual([undone.undo, standing(undone), nextRound(undone, a)], [[], [], 2]);
  assert.equal(stepKey({ name: 'a', round: 2 }), 'step/a/2');
  const again = after('a begun', 'b begun', 'b undone', 'a undone', 'b begun 2', 'a begun 2');
  assert.deepEqual(standing(again), ['a', 'b'], 'the order of the last round counts');
});

void test('what is left out after its undo does not stand, and is not tried again', () => {
  const state = after('a begun', 'a failed', 'a undone', 'a skipped');
  assert.deepEqual([state.undo, standing(state), isOver(state, a)], [[], [], true]);
  const half = after('a begun', 'a failed', 'a skipped');
  assert.deepEqual([half.undo, standing(half)], [['step a'], ['a']], 'it may have been done half');
});

void test('what is kept from the flip on is registered until the flip begins, and again when that was refused', () => {
  const done = ['forward begun', 'forward done', 'kept begun', 'kept done', 'a begun'];
  assert.deepEqual(after(...done).undo, ['step forward', 'step a']);
  const flipping = after(...done, 'flip-begun');
  assert.deepEqual([flipping.undo, standing(flipping)], [['step a'], ['a', 'kept', 'forward']]);
  assert.deepEqual(after(...done, 'flip-begun', 'flip-refused').undo, ['step forward', 'step a']);
});
