/** The edge: users are where the plan says, nobody else is switching, and the provider can do what the plan asks. */
import { isFrozen } from '../../domain/edge-config.ts';
import type { Plan } from '../../domain/plan.ts';
import type { EdgeCapabilities } from '../../providers/ports.ts';
import { blocks, type Found, type Seen } from './seen.ts';

export function* usersOnFrom({ from }: Plan, { edge, atMs }: Seen): Generator<Found> {
  const config = edge?.config ?? null;
  if (config === null) return;
  const isOnFrom =
    (config.from === from && config.weightPercent === 0) ||
    (config.to === from && config.weightPercent === 100);
  if (!isOnFrom) {
    yield blocks(
      'edge-not-on-from',
      `users are not all on ${from}: generation ${config.generation} serves ${config.weightPercent} % on ${config.to} (from ${config.from})`,
      'bring the last switch to its end, or swap from and to in the plan',
    );
  }
  if (isFrozen(config, atMs)) {
    yield blocks('edge-frozen', 'writes are frozen by somebody else', 'wait until the lease ends');
  }
}

export function* edgeCanDoPlan(plan: Plan, { edge }: Seen): Generator<Found> {
  if (edge === null) return;
  const { capabilities } = edge;
  if (!capabilities.topologies.includes(plan.topology)) {
    yield blocks(
      'edge-topology-unsupported',
      `the edge provider cannot do topology ${plan.topology}`,
      `it can do ${capabilities.topologies.join(', ')}`,
    );
  }
  if (!capabilities.canLower) {
    yield blocks(
      'edge-cannot-lower',
      'the edge provider cannot lower a weight, so a rollback could not be done',
      'use another edge provider',
    );
  }
  const weights = [plan.canary.weightPercent, ...plan.ramp.map((step) => step.weightPercent), 100];
  const impossible = weights.filter((weight) => !canSet(capabilities, weight));
  if (impossible.length > 0) {
    yield blocks(
      'edge-granularity',
      `the edge provider cannot set ${impossible.join(', ')} %`,
      'choose weights it can set',
    );
  }
}

/** In steps; a quotient of binary fractions (0.3 / 0.1) misses the whole number by far less than this. */
const ROUNDING = 1e-6;

function canSet({ maxPercent, stages, granularityPercent }: EdgeCapabilities, weight: number): boolean {
  const steps = weight / granularityPercent;
  return (
    weight <= maxPercent &&
    (stages === null || stages.includes(weight)) &&
    Math.abs(steps - Math.round(steps)) <= ROUNDING
  );
}
