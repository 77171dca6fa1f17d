/** Draws a bad day from a seed, for each kind of edge. */
import { diceOf, type Dice } from './dice.ts';
import { aWhen } from './moments.ts';
import { plainDay } from './plain-day.ts';
import type { EdgeKind, Fault, Scenario } from './scenario.ts';

/** @param edge days of another kind are those of `router`, with a few faults of their own */
export function generate(seed: number, edge: EdgeKind = 'router'): Scenario {
  const day = plainDay(seed);
  if (edge === 'router') return day;
  const dice = diceOf(`sim-switches/${edge}/${seed}`);
  const switches = day.switches.map(({ plan, faults, bursts }) => ({
    plan: edge === 'native' ? { ...plan, topology: 'weight' as const } : plan,
    faults: [...faults, ...Array.from({ length: dice.int(1, 2) }, () => faultOf(dice, edge))],
    bursts,
  }));
  return { ...day, edge, switches };
}

function faultOf(dice: Dice, edge: Exclude<EdgeKind, 'router'>): Fault {
  const when = aWhen(dice);
  const times = dice.pick([1, 1, 2, 5]);
  switch (edge) {
    case 'native':
      return dice.pick<Fault>([
        { kind: 'weight-lost-reply', when, times },
        { kind: 'weight-away', when, forMs: dice.pick([2000, 20_000, 180_000]) },
        { kind: 'vendor-restart', when },
        { kind: 'weight-stranger', when, weightPercent: dice.pick([0, 30, 100]) },
      ]);
    case 'lossy':
      return { kind: 'fails-over', when, back: dice.pick([1, 1, 2, 3]) };
    case 'last-write':
      return dice.pick<Fault>([
        { kind: 'zombie', activity: 'writeEdge', nth: dice.int(1, 4) },
        { kind: 'zombie', activity: 'restoreTraffic', nth: 1 },
        { kind: 'stranger', when, weightPercent: dice.pick([0, 30, 100]) },
      ]);
  }
}
