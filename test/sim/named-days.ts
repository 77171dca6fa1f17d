/** Days that violated an invariant once, as small as they could be made, by what went wrong in them. */
import type {
  Burst,
  Command,
  Fault,
  PlanChoice,
  Scenario,
  Switch,
} from '../../scripts/sim-switches/scenario.ts';
import { PLAIN } from '../../scripts/sim-switches/shrink.ts';

const PLAN: PlanChoice = { ...PLAIN, regions: 1, customGate: true };

const DECOMMISSION = {
  before: 'decommission',
  approvers: [],
  count: 1,
  deadline: { afterMs: 3_600_000, then: 'pause' },
} as const;

function day(...switches: readonly Partial<Switch>[]): Scenario {
  return {
    seed: 0,
    edge: 'router',
    switches: switches.map((one) => ({ plan: PLAN, faults: [], bursts: [], ...one })),
    lagMs: [0, 0, 0],
    skewMs: 0,
    countsLagMs: 0,
    workMs: 400,
    replays: false,
  };
}

/** A day whose one region shows what was written seconds later. */
function slowly(one: Partial<Switch>): Scenario {
  return { ...day(one), lagMs: [6000, 0, 0] };
}

function command(name: Command['name'], more: Partial<Command> = {}): Command {
  return { name, how: 'signal', by: 'ana', repeats: 1, ...more };
}

/** What is sent at the first look of an approval that waits. */
function whileAsked(...commands: readonly Command[]): Burst {
  return { when: { ask: 1 }, commands };
}

const clock = (byMs: number): Fault => ({
  kind: 'clock',
  when: { phase: 'exposed', call: 1 },
  forMs: 14_400_000,
  byMs,
});

export const NAMED_DAYS: Readonly<Record<string, Scenario>> = {
  'approve and rollback at once before decommission (F1)': day({
    plan: { ...PLAN, notify: true, approvals: [DECOMMISSION] },
    bursts: [whileAsked(command('approve', { stage: 'decommission' }), command('rollback'))],
  }),
  'rollback and approve at once before decommission (F1)': day({
    plan: { ...PLAN, notify: true, approvals: [DECOMMISSION] },
    bursts: [whileAsked(command('rollback'), command('approve', { stage: 'decommission' }))],
  }),
  'a rollback before the canary begins (F1)': day({
    bursts: [{ when: { phase: 'start', call: 6 }, commands: [command('rollback')] }],
  }),
  'a worker that stood still in a rollback and goes on in the next switch (F3)': day(
    {
      faults: [{ kind: 'zombie', activity: 'restoreTraffic', nth: 1 }],
      bursts: [{ when: { phase: 'exposed', call: 3 }, commands: [command('rollback')] }],
    },
    {},
  ),
  'a worker whose clock is half a minute ahead (F12)': day({ faults: [clock(30_000)] }),
  'a worker whose clock is ten minutes ahead (F12)': day({ faults: [clock(600_000)] }),
  'somebody writes 0 % by hand after the flip (F2)': day({
    plan: { ...PLAN, approvals: [DECOMMISSION] },
    faults: [{ kind: 'stranger', when: { phase: 'flipped', call: 20 }, weightPercent: 0 }],
    bursts: [
      { when: { phase: 'start', call: 2 }, commands: [command('approve', { stage: 'decommission' })] },
    ],
  }),
  'the way back before the canary, over the document of the switch before': day(
    {},
    {
      faults: [
        { kind: 'sick', when: { phase: 'start', call: 1 }, forMs: 3_600_000, side: 'to', how: 'errors' },
      ],
    },
  ),
  'somebody writes over the flip as it propagates, and is written over when asked': slowly({
    plan: { ...PLAN, queue: 'fifo', cache: true, warmup: true, inconclusive: 'pause', questions: 'pause' },
    faults: [{ kind: 'stranger', when: { phase: 'flipped', call: 5 }, weightPercent: 30 }],
    bursts: [1, 2, 3].map((ask) => ({ when: { ask }, commands: [command('approve')] })),
  }),
};
