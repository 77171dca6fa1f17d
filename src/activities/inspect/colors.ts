/** Each color by itself, in each of its regions: it is what the plan says, it is well, and it is where it is needed. */
import { COLORS, type Color } from '../../domain/color.ts';
import { placeOf, type HealthContract } from '../../domain/health.ts';
import type { Plan } from '../../domain/plan.ts';
import { blocks, list, type Found, type Seen } from './seen.ts';

export function* colorsAsPlanned(plan: Plan, { health }: Seen): Generator<Found> {
  for (const color of COLORS) {
    const contracts = health[color];
    if (contracts === null) continue;
    if (contracts.length === 0) {
      yield blocks('health-missing', `${color} answers no health contract`, 'serve GET /.well-known/cutover');
    }
    for (const contract of contracts) yield* asPlanned(plan, color, contract);
  }
}

function* asPlanned(plan: Plan, color: Color, contract: HealthContract): Generator<Found> {
  const place = placeOf({ ...contract, color });
  if (!contract.ok) {
    yield blocks('health-not-ok', `${place} says it is not well`, 'mend the color first');
  }
  const { url, release } = plan.colors[color];
  if (contract.color !== color) {
    yield blocks(
      'health-wrong-color',
      `${url} says it is ${contract.color}, not ${color}`,
      'correct colors in the plan',
    );
  }
  if (contract.release !== release) {
    yield blocks(
      'release-differs',
      `${place} runs ${contract.release}, the plan says ${release}`,
      'deploy the release of the plan, or correct the plan',
    );
  }
}

/** Users of a region that `to` does not run in would have nowhere to go. */
export function* regionsCovered(plan: Plan, { health }: Seen): Generator<Found> {
  const regions = (color: Color): string[] => (health[color] ?? []).flatMap(({ region }) => region ?? []);
  const missing = regions(plan.from).filter((region) => !regions(plan.to).includes(region));
  const isTold = health[plan.to]?.every(({ region }) => region !== undefined) ?? false;
  if (isTold && missing.length > 0) {
    yield blocks(
      'regions-missing',
      `${plan.to} does not run in ${list(missing)}, where ${plan.from} does`,
      'deploy it there first',
    );
  }
}

/** A switch that cannot be undone must not begin. */
export function* fromCanTakeBack(plan: Plan, { health }: Seen): Generator<Found> {
  for (const one of health[plan.from] ?? []) {
    if (one.capacity !== undefined && one.capacity.max <= 0) {
      yield blocks(
        'from-capacity',
        `${placeOf(one)} has no capacity to come back to`,
        'scale it before starting',
      );
    }
  }
}
