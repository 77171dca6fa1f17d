/** Makes a bad day as small as it can be while it still violates the same invariant: fewer switches, faults, commands, plan features. */
import type { PlanChoice, Scenario, Switch } from './scenario.ts';

/** What each feature of a plan is when it is left out. */
export const PLAIN: Omit<PlanChoice, 'regions'> = {
  queue: null,
  cache: false,
  warmup: false,
  topology: 'weight',
  notify: false,
  approvals: [],
  peak: 'none',
  retire: true,
  pace: 'minutes',
  looks: 1,
  ramp: [],
  onRed: 'rollback',
  restarts: 0,
  attempts: 1,
  extensions: 0,
  inconclusive: 'abort',
  questions: 'rollback',
  pauseMs: 600_000,
  pauseThen: 'rollback',
  gates: ['error-rate'],
  customGate: false,
  steps: [],
};

/** @param fails whether a smaller day still violates the invariant */
export async function shrink(
  scenario: Scenario,
  fails: (smaller: Scenario) => Promise<boolean>,
): Promise<Scenario> {
  let smallest = scenario;
  for (;;) {
    const next = await firstOf(smaller(smallest), fails);
    if (next === null) return smallest;
    smallest = next;
  }
}

async function firstOf(
  candidates: Iterable<Scenario>,
  fails: (smaller: Scenario) => Promise<boolean>,
): Promise<Scenario | null> {
  for (const candidate of candidates) if (await fails(candidate)) return candidate;
  return null;
}

function* smaller(scenario: Scenario): Generator<Scenario> {
  const { switches } = scenario;
  if (switches.length > 1) {
    yield { ...scenario, switches: switches.slice(0, -1) };
    yield { ...scenario, switches: switches.slice(1) };
  }
  for (const [index, one] of switches.entries()) {
    for (const less of lessOf(one)) yield { ...scenario, switches: switches.with(index, less) };
  }
  if (scenario.skewMs !== 0) yield { ...scenario, skewMs: 0 };
  if (scenario.countsLagMs !== 0) yield { ...scenario, countsLagMs: 0 };
  if (scenario.lagMs.some((one) => one !== 0)) yield { ...scenario, lagMs: [0, 0, 0] };
  if (scenario.workMs !== 400) yield { ...scenario, workMs: 400 };
  if (scenario.replays) yield { ...scenario, replays: false };
  for (const [index, one] of switches.entries()) {
    for (const plan of plainerOf(one.plan))
      yield { ...scenario, switches: switches.with(index, { ...one, plan }) };
  }
}

function* lessOf(one: Switch): Generator<Switch> {
  const { faults, bursts } = one;
  if (faults.length > 1) yield { ...one, faults: [] };
  if (bursts.length > 1) yield { ...one, bursts: [] };
  for (const fault of faults) yield { ...one, faults: faults.filter((other) => other !== fault) };
  for (const burst of bursts) yield { ...one, bursts: bursts.filter((other) => other !== burst) };
  for (const [index, burst] of bursts.entries()) {
    const { commands } = burst;
    if (commands.length > 1) {
      for (const command of commands) {
        const fewer = { ...burst, commands: commands.filter((other) => other !== command) };
        yield { ...one, bursts: bursts.with(index, fewer) };
      }
    }
    if (commands.some((command) => command.repeats > 1)) {
      const once = { ...burst, commands: commands.map((command) => ({ ...command, repeats: 1 })) };
      yield { ...one, bursts: bursts.with(index, once) };
    }
  }
}

function* plainerOf(plan: PlanChoice): Generator<PlanChoice> {
  if (plan.regions > 1) yield { ...plan, regions: 1 };
  for (const [feature, plain] of Object.entries(PLAIN)) {
    const now = plan[feature as keyof PlanChoice];
    if (JSON.stringify(now) !== JSON.stringify(plain)) yield { ...plan, [feature]: plain };
  }
}

/** A day in one line: what is not plain about it. */
export function inShort(scenario: Scenario): string {
  const { seed, switches, ...world } = scenario;
  const days = switches.map(({ plan, faults, bursts }) => {
    const features = Object.entries(plan).filter(
      ([feature, value]) => JSON.stringify(value) !== JSON.stringify(PLAIN[feature as keyof typeof PLAIN]),
    );
    return { plan: Object.fromEntries(features), faults, bursts };
  });
  return JSON.stringify({ seed, ...world, switches: days });
}
