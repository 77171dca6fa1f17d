/** The edge: users are where the plan says, nobody else is switching, and the provider can do what the plan asks. */
import { formatDuration } from '../../domain/duration.ts';
import { isFrozen } from '../../domain/edge-config.ts';
import { PIN_LIFE_MS } from '../../domain/pin.ts';
import type { Plan } from '../../domain/plan.ts';
import type { EdgeCapabilities } from '../../ports/index.ts';
import { blocks, list, warns, type Found, type Seen } from './seen.ts';

export function* usersOnFrom(plan: Plan, { edge }: Seen): Generator<Found> {
  const { from } = plan;
  const config = edge?.config ?? null;
  if (edge === null || config === null) return;
  const isOnFrom =
    (config.from === from && config.weightPercent === 0) ||
    (config.to === from && config.weightPercent === 100);
  if (!isOnFrom) {
    yield blocks(
      'edge-not-on-from',
      `users are not all on ${from}: generation ${config.generation} serves ${config.weightPercent} % on ${config.to} (from ${config.from}), written by ${config.writer}`,
      `bring the last switch to its end, or users home after one that was ended from outside: cutover recover ${plan.service}; or swap from and to in the plan`,
    );
  }
  if (isFrozen(config, edge.storeMs)) {
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

/** Every region serves what the store holds; else another store, or somebody past the store, decides about its users. */
export function* regionsServeStore(_: Plan, { edge }: Seen): Generator<Found> {
  if (edge === null) return;
  const stored = edge.config?.generation ?? 0;
  for (const { region, generation, weightPercent, error } of edge.regions) {
    if (error !== null || generation === null) continue;
    const holds = `the store holds generation ${stored} at ${edge.config?.weightPercent ?? 0} %`;
    const serves = `${region} serves generation ${generation} at ${weightPercent ?? 0} %, ${holds}`;
    if (generation < stored) {
      yield warns('edge-region-differs', serves, 'start when it has caught up, or mend the region');
    } else if (generation > stored || (weightPercent ?? 0) !== (edge.config?.weightPercent ?? 0)) {
      yield blocks(
        'edge-region-differs',
        `${serves}: another writer`,
        'point the router and the plan at the same store and let nobody else write there',
      );
    }
  }
}

/** What the edge promises must fit the times that the plan waits. */
export function* edgeTimesFit({ cutover }: Plan, { edge }: Seen): Generator<Found> {
  if (edge === null) return;
  const { propagation, reads } = edge.capabilities;
  if (propagation.maxMs > cutover.propagationMs) {
    const [declared, waited] = [formatDuration(propagation.maxMs), formatDuration(cutover.propagationMs)];
    yield blocks(
      'propagation-too-short',
      `a write may need ${declared} to reach every region, the plan waits ${waited} and would roll back a healthy flip`,
      `write cutover.propagation: ${declared} or more`,
    );
  }
  if (reads !== 'linearizable') {
    yield blocks(
      'edge-reads-stale',
      'the config store may answer with an older config than it holds',
      'use a store, or a setting of it, whose reads return the newest acknowledged write',
    );
  }
}

/** A router that can read no config sends users somewhere all the same. */
export function* defaultColorIsFrom({ from, to }: Plan, { edge }: Seen): Generator<Found> {
  if (edge === null) return;
  const others = edge.regions.filter(
    ({ defaultColor }) => defaultColor !== undefined && defaultColor !== from,
  );
  if (others.length === 0) return;
  const where = list(others.map(({ region }) => region));
  const fix = `set DEFAULT_COLOR=${from} in the router's variables, and DEFAULT_COLOR=${to} once this switch has ended`;
  yield edge.config === null
    ? blocks(
        'default-color',
        `nothing was ever written, and the router of ${where} sends users to ${to}`,
        fix,
      )
    : warns('default-color', `a router of ${where} that finds no config sends users to ${to}`, fix);
}

const SKEW_NOTED_MS = 5000;
const SKEW_LIMIT_MS = 60_000;

/** Pins and leases are dated by one clock and judged by another. */
export function* clocksAgree({ cutover }: Plan, { edge }: Seen): Generator<Found> {
  const limitMs = Math.min(SKEW_LIMIT_MS, PIN_LIFE_MS / 3, cutover.freezeMs / 3);
  for (const { whose, aheadMs } of edge?.clocks ?? []) {
    const offMs = Math.abs(aheadMs);
    if (offMs <= Math.min(SKEW_NOTED_MS, limitMs)) continue;
    const side = aheadMs > 0 ? 'ahead of' : 'behind';
    const what = `the clock of ${whose} is ${(offMs / 1000).toFixed(1)} s ${side} this worker's`;
    const fix = 'let NTP set both (`timedatectl timesync-status` on the worker shows its own)';
    yield offMs > limitMs
      ? blocks('clock-skew', `${what}; pins and freeze leases would end too early or too late`, fix)
      : warns('clock-skew', what, fix);
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
