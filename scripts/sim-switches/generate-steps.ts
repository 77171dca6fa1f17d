/**
 * Steps of the user's own for a drawn switch, and what goes wrong with them: by dice of their own, so that a day is otherwise what its
 * seed made it before there were steps.
 */
import { STEP_PLACES } from '../../src/domain/plan.ts';
import { diceOf, type Dice } from './dice.ts';
import type { Fault, Phase, StepChoice, Switch, When } from './scenario.ts';

export function withSteps(one: Switch, seed: number, nth: number): Switch {
  const dice = diceOf(`sim-switches/${seed}/steps/${nth}`);
  if (dice.chance(0.5)) return one;
  const places = dice.chance(0.3) ? STEP_PLACES : dice.some(STEP_PLACES, 0.4);
  const steps = places.flatMap((at) =>
    Array.from({ length: dice.pick([1, 1, 2]) }, (_, i): StepChoice => {
      const isEarly = at !== 'after-flip' && at !== 'before-decommission';
      const undo = dice.pick(['always', 'always', isEarly ? 'until-flip' : 'always', 'keep'] as const);
      return { at, name: `${at}-${i + 1}`, undo };
    }),
  );
  if (steps.length === 0) return one;
  const faults = Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, () => aFault(dice));
  return { ...one, plan: { ...one.plan, steps }, faults: [...one.faults, ...faults] };
}

function aFault(dice: Dice): Fault {
  const phase = dice.pick<Phase>(['start', 'start', 'exposed', 'frozen', 'frozen', 'flipped', 'back']);
  const when: When = { phase, call: phase === 'frozen' ? dice.int(1, 6) : dice.int(1, 20) };
  const times = dice.pick([1, 1, 2, 5]);
  const forMs = dice.pick([2000, 20_000, 180_000, 1_800_000]);
  return dice.pick<Fault>([
    { kind: 'step-away', when, forMs, does: dice.pick(['do', 'do', 'undo']) },
    { kind: 'step-refused', when, times },
    { kind: 'step-unanswered', when, times },
    { kind: 'step-unanswered', when, times },
  ]);
}
