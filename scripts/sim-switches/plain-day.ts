/** Draws a bad day from a seed, where our router moves users: plans, faults and operators. Most days are bad in a few ways only, or nothing would ever get far. */
import type { Stage } from '../../src/domain/stage.ts';
import { diceOf, type Dice } from './dice.ts';
import { withSteps } from './generate-steps.ts';
import { aWhen } from './moments.ts';
import type { Approval, Burst, Command, Fault, PlanChoice, Scenario, Switch, When } from './scenario.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const PEOPLE = ['ana', 'bo', 'cy'] as const;

export function plainDay(seed: number): Scenario {
  const dice = diceOf(`sim-switches/${seed}`);
  const count = dice.pick([1, 1, 1, 2, 2, 3]);
  const regions = dice.pick([1, 1, 2, 3]);
  // One service all day: a plan that forgot the queue of the switch before would leave its jobs to nobody.
  const service: Service = {
    regions,
    queue: dice.pick([null, 'standard', 'standard', 'fifo']),
    cache: dice.chance(0.5),
  };
  const switches = Array.from({ length: count }, (_, i) => aSwitch(dice, service, i < count - 1)).map(
    (one, nth) => withSteps(one, seed, nth),
  );
  return {
    seed,
    edge: 'router',
    switches,
    lagMs: [0, 1, 2].map(() => dice.pick([0, 0, 100, 100, 100, 400, 2000, 6000])),
    skewMs: dice.pick([...Array.from({ length: 20 }, () => 0), 600_000]),
    countsLagMs: dice.pick([0, 500, 2000]),
    workMs: dice.pick([400, 400, 2000, 15_000]),
    replays: dice.chance(0.08),
  };
}

type Service = Pick<PlanChoice, 'regions' | 'queue' | 'cache'>;

function aSwitch(dice: Dice, service: Service, hasNext: boolean): Switch {
  const plan = aPlan(dice, service);
  const faults = Array.from({ length: dice.pick([0, 0, 1, 1, 2, 3]) }, () => aFault(dice, plan, hasNext));
  const wild = Array.from({ length: dice.pick([0, 0, 0, 1, 1, 2, 4]) }, () => aBurst(dice, plan));
  return { plan, faults, bursts: [...approving(dice, plan), ...answering(dice), ...wild] };
}

function aPlan(dice: Dice, service: Service): PlanChoice {
  const pace = dice.pick(['seconds', 'minutes', 'minutes', 'hours'] as const);
  const deadline = { seconds: 5 * MINUTE, minutes: HOUR, hours: 8 * HOUR }[pace];
  const gates = ['error-rate', 'cache', 'egress', 'dedupe', 'queue-age', 'stickiness'];
  // Without probes nothing times `from` after the flip: latency is then a question in every switch.
  const asked = [...dice.some(gates, 0.5), ...dice.some(['latency'], 0.15)];
  return {
    ...service,
    warmup: dice.chance(0.5),
    topology: dice.chance(0.2) ? 'header' : 'weight',
    notify: dice.chance(0.6),
    approvals: approvals(dice, deadline),
    peak: dice.pick(['none', 'none', 'telemetry', 'window']),
    retire: dice.chance(0.8),
    pace,
    looks: dice.pick([1, 1, 2, 3]),
    ramp: dice.pick([[], [50], [50], [10, 50]]),
    onRed: dice.pick(['restart', 'rollback']),
    restarts: dice.int(0, 2),
    attempts: dice.int(1, 3),
    extensions: dice.int(0, 1),
    inconclusive: dice.pick(['pause', 'pause', 'abort', 'promote']),
    questions: dice.pick(['rollback', 'rollback', 'pause', 'proceed']),
    pauseMs: dice.pick([10 * MINUTE, 2 * HOUR, 2 * HOUR, 12 * HOUR]),
    pauseThen: dice.pick(['rollback', 'rollback', 'proceed']),
    gates: asked.length === 0 ? ['error-rate'] : asked,
    customGate: dice.chance(0.95),
    steps: [],
  };
}

function approvals(dice: Dice, afterMs: number): Approval[] {
  const before: Stage[] = dice
    .pick<readonly Stage[]>([
      [],
      [],
      ['decommission'],
      ['decommission'],
      ['cutover', 'decommission'],
      ['ramp'],
      ['hold'],
    ])
    .slice();
  return before.map((stage) => {
    const approvers = dice.pick<readonly string[]>([[], [], ['ana'], ['ana', 'bo']]);
    const count = approvers.length === 2 ? dice.int(1, 2) : approvers.length === 0 ? dice.pick([1, 2]) : 1;
    return {
      before: stage,
      approvers,
      count,
      deadline: { afterMs, then: dice.pick(['rollback', 'pause', 'pause', 'proceed']) },
    };
  });
}

/** Most people do what they are asked for, sooner or later, some of them more than once or under a misspelt name. */
function approving(dice: Dice, plan: PlanChoice): Burst[] {
  return plan.approvals.flatMap(({ before, approvers }) => {
    if (dice.chance(0.2)) return [];
    const people =
      approvers.length > 0 ? approvers : dice.pick([['ana'], ['ana', 'bo'], ['ana', 'Ana '], ['bo', ' BO']]);
    const given = dice.chance(0.15) ? people.slice(0, 1) : people;
    const when: When = dice.chance(0.5) ? { phase: 'start', call: dice.int(1, 4) } : aWhen(dice);
    const commands = given.map((by): Command => ({
      name: 'approve',
      how: how(dice),
      by,
      stage: before,
      repeats: dice.pick([1, 1, 1, 2]),
    }));
    return [{ when, commands }];
  });
}

/** Somebody watches the questions, most days. */
function answering(dice: Dice): Burst[] {
  if (dice.chance(0.3)) return [];
  return [1, 2, 3].map((ask) => ({
    when: { ask },
    commands: [{ name: 'approve', how: how(dice), by: dice.pick(PEOPLE), repeats: 1 }],
  }));
}

function how(dice: Dice): 'signal' | 'update' {
  return dice.pick(['signal', 'update']);
}

function aBurst(dice: Dice, plan: PlanChoice): Burst {
  const length = dice.pick([1, 1, 1, 2, 2, 3, 5]);
  return { when: aWhen(dice), commands: Array.from({ length }, () => aCommand(dice, plan)) };
}

function aCommand(dice: Dice, plan: PlanChoice): Command {
  const common = {
    how: how(dice),
    by: dice.pick([...PEOPLE, 'mallory', 'Ana ', 'sim']),
    repeats: dice.pick([1, 1, 1, 1, 2, 3]),
  };
  const stage = dice.pick(plan.approvals.map((one) => one.before).concat('decommission', 'cutover'));
  const name = dice.pick([
    'approve',
    'approve',
    'pause',
    'pause',
    'resume',
    'resume',
    'rollback',
    'rollback',
    'override',
    'override',
    'tune',
    'cancel',
  ] as const);
  switch (name) {
    case 'approve':
      return { ...common, name, ...(dice.chance(0.5) ? { stage } : {}) };
    case 'override':
      return dice.chance(0.5)
        ? { ...common, name, reason: 'I say so', hold: true }
        : { ...common, name, reason: 'I say so', gate: dice.pick([...plan.gates, 'custom:world']) };
    case 'tune':
      return { ...common, name, reason: 'shorter', change: aTune(dice) };
    case 'pause':
    case 'resume':
    case 'rollback':
    case 'cancel':
      return { ...common, name, reason: 'drill' };
  }
}

function aTune(dice: Dice): unknown {
  return dice.pick<unknown>([
    { hold: { forMs: 30_000, looks: 2 } },
    { hold: { forMs: 2 * HOUR, looks: 4 } },
    { audit: { forMs: 60_000, looks: 1 } },
    { gates: { errorRatio: 2 } },
    {
      gates: {
        off: [
          'schema',
          'delta-s',
          'coverage',
          'lambda',
          'identity',
          'cold-start',
          'error-novelty',
          'latency',
        ],
      },
    },
    { rampAhead: [] },
    { freezeMs: 45_000 },
    { fenceMs: 20_000 },
    { nonsense: 1 },
  ]);
}

function aFault(dice: Dice, plan: PlanChoice, hasNext: boolean): Fault {
  const when = aWhen(dice);
  const forMs = dice.pick([2 * SECOND, 20 * SECOND, 3 * MINUTE, 30 * MINUTE, 4 * HOUR]);
  const times = dice.pick([1, 1, 2, 5]);
  const side = dice.pick(['from', 'to'] as const);
  const region = dice.int(0, plan.regions - 1);
  const kinds: (() => Fault)[] = [
    () => ({ kind: 'lost-reply', when, times }),
    () => ({ kind: 'throttled', when, times }),
    // Retried every few seconds: longer outages cost more port calls than they teach.
    () => ({ kind: 'store-away', when, forMs: Math.min(forMs, 3 * MINUTE) }),
    () => ({ kind: 'stale-read', when, times, back: dice.pick([1, 2, 99]) }),
    () => ({ kind: 'stranger', when, weightPercent: dice.pick([0, 0, 30, 100]) }),
    () => ({ kind: 'stranger', when: { ask: dice.int(1, 2) }, weightPercent: dice.pick([0, 30]) }),
    () => ({ kind: 'region-away', when, forMs, region }),
    () => ({ kind: 'region-lies', when, forMs, region }),
    () => ({ kind: 'sick', when, forMs, side, how: dice.pick(['errors', 'down']) }),
    () => ({ kind: 'sick', when, forMs, side: 'to', how: 'errors' }),
    () => ({ kind: 'release', when, side }),
    () => ({ kind: 'clock', when, forMs, byMs: dice.pick([-30_000, 30_000, 600_000, -600_000]) }),
    () => ({
      kind: 'clock',
      when: { phase: 'exposed', call: 1 },
      forMs: 4 * HOUR,
      byMs: dice.pick([-30_000, 30_000, 600_000]),
    }),
    () => ({ kind: 'telemetry', when, forMs, how: dice.pick(['away', 'silent', 'late', 'torn', 'lying']) }),
    () => ({ kind: 'telemetry', when, forMs, how: 'silent' }),
    () => ({ kind: 'notifier-away', when, forMs }),
    () => ({ kind: 'evidence-away', when, forMs }),
    () => ({ kind: 'health-away', when, forMs, side }),
  ];
  if (plan.queue !== null) {
    kinds.push(
      () => ({ kind: 'straggler', when, forMs, everyMs: dice.pick([2000, 30_000]) }),
      () => ({ kind: 'delayed', when: { ask: dice.int(1, 2) }, jobs: 1, delayMs: 12 * HOUR, on: 'from' }),
      () => ({ kind: 'poison', when, jobs: dice.int(1, 3) }),
      () => ({
        kind: 'delayed',
        when,
        jobs: dice.int(1, 3),
        delayMs: dice.pick([20 * SECOND, 5 * MINUTE, 2 * HOUR]),
        on: dice.pick(['producer', 'from']),
      }),
      () => ({ kind: 'consumer-away', when, forMs, side }),
      () => ({ kind: 'queue-away', when, forMs: Math.min(forMs, 30 * MINUTE) }),
      () => ({ kind: 'half-move', when, times }),
    );
  }
  if (plan.cache) kinds.push(() => ({ kind: 'still-cached', when, times }));
  if (plan.warmup)
    kinds.push(() => ({ kind: 'cold', when: { phase: 'exposed', call: 1 }, times: dice.pick([1, 3, 9]) }));
  if (plan.retire) kinds.push(() => ({ kind: 'retire-fails', when: { phase: 'flipped', call: 1 }, times }));
  if (hasNext) {
    const activity = dice.pick(['writeEdge', 'restoreTraffic', 'restoreTraffic', 'moveJobs'] as const);
    const zombie = (): Fault => ({
      kind: 'zombie',
      activity,
      nth: dice.int(1, activity === 'writeEdge' ? 4 : 1),
    });
    kinds.push(zombie, zombie, zombie, zombie);
  }
  return dice.pick(kinds)();
}
