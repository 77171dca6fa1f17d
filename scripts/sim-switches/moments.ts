/** Draws when something of a bad day happens. */
import type { Dice } from './dice.ts';
import type { Phase, When } from './scenario.ts';

export function aWhen(dice: Dice): When {
  if (dice.chance(0.25)) return { ask: dice.int(1, 3) };
  const phase = dice.pick<Phase>([
    'start',
    'exposed',
    'exposed',
    'frozen',
    'flipped',
    'flipped',
    'flipped',
    'back',
  ]);
  return { phase, call: phase === 'frozen' ? dice.int(1, 8) : dice.int(1, dice.pick([8, 40, 150])) };
}
