/**
 * What a means of moving users can do, and what a plan asks that it cannot. Pure, so that the plan's check, its preview and
 * preflight say the same.
 */
import type { Plan } from './plan.ts';

export interface TrafficCapabilities {
  /** Smallest step of the weight, percent. */
  readonly granularityPercent: number;
  readonly maxPercent: number;
  /** The weight can go down again. Without it nobody comes back. */
  readonly canLower: boolean;
  /** Only these weights can be set, percent; null means any. */
  readonly stages: readonly number[] | null;
  /** A user stays on one color while the weight stands. False: each request is dealt anew. */
  readonly isSticky: boolean;
  /** The weight is lost when the vendor reloads. It is put back at the next look, while the switch holds its stage. */
  readonly isVolatile: boolean;
  /** Longest time until a weight that was set is what the vendor reads back and acts on. */
  readonly propagation: { readonly maxMs: number };
}

export interface TrafficProblem {
  readonly code: 'edge-topology-unsupported' | 'edge-cannot-lower' | 'edge-granularity';
  /** Field of the plan, as a path. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string;
  /** The weight that it cannot set. */
  readonly percent?: number;
}

/** @param name of the traffic, as the plan names it */
export function trafficProblems(
  plan: Pick<Plan, 'topology' | 'canary' | 'ramp'>,
  capabilities: TrafficCapabilities,
  name: string,
): TrafficProblem[] {
  const problems: TrafficProblem[] = [];
  if (plan.topology === 'header') {
    problems.push({
      code: 'edge-topology-unsupported',
      path: ['topology'],
      message: `${name} holds a weight and nothing else: it cannot send cohorts to a color`,
      fix: 'write topology: weight, or leave edge.traffic out so that the router moves users',
    });
  }
  if (!capabilities.canLower) {
    problems.push({
      code: 'edge-cannot-lower',
      path: ['edge', 'traffic'],
      message: `${name} cannot lower a weight: a rollback would write the edge config, and users would stay where they are`,
      fix: 'name a traffic that can lower, or leave edge.traffic out so that the router moves users',
    });
  }
  const weights: [path: (string | number)[], percent: number][] = [
    [['canary', 'weight'], plan.canary.weightPercent],
    ...plan.ramp.map((step, index): [(string | number)[], number] => [['ramp', index], step.weightPercent]),
    [['edge', 'traffic'], 100],
  ];
  for (const [path, percent] of weights) {
    const why = whyNot(capabilities, percent);
    if (why === null) continue;
    problems.push({
      code: 'edge-granularity',
      path,
      message: `${name} cannot set ${percent} %: ${why}`,
      fix: fixOf(capabilities),
      percent,
    });
  }
  return problems;
}

/** In steps; a quotient of binary fractions (0.3 / 0.1) misses the whole number by far less than this. */
const ROUNDING = 1e-6;

function whyNot(
  { maxPercent, stages, granularityPercent }: TrafficCapabilities,
  percent: number,
): string | null {
  if (percent > maxPercent) return `its most is ${maxPercent} %`;
  if (stages !== null) return stages.includes(percent) ? null : 'it is none of its stages';
  const steps = percent / granularityPercent;
  return Math.abs(steps - Math.round(steps)) <= ROUNDING ? null : `its steps are ${granularityPercent} %`;
}

function fixOf({ maxPercent, stages, granularityPercent }: TrafficCapabilities): string {
  if (maxPercent < 100) return 'use another traffic: a switch ends at 100 %';
  return stages === null
    ? `choose multiples of ${granularityPercent} %`
    : `choose from ${stages.join(', ')} %`;
}
