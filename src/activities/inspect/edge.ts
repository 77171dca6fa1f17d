/** The edge: users are where the plan says, nobody else is switching, and the provider can do what the plan asks. */
import { formatDuration } from '../../domain/duration.ts';
import { isFrozen } from '../../domain/edge-config.ts';
import { PIN_LIFE_MS } from '../../domain/pin.ts';
import type { Plan } from '../../domain/plan.ts';
import { sameDialects } from '../../domain/streams/own.ts';
import { trafficProblems } from '../../domain/traffic.ts';
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
  const { topologies } = edge.router;
  if (!topologies.includes(plan.topology)) {
    yield blocks(
      'edge-topology-unsupported',
      `the router cannot do topology ${plan.topology}`,
      `it can do ${topologies.join(', ')}`,
    );
  }
  const name = plan.providers.edge.traffic?.use ?? '';
  const traffic = edge.traffic?.capabilities ?? null;
  const problems = traffic === null ? [] : trafficProblems(plan, traffic, name);
  for (const { code, message, fix, percent } of problems)
    if (percent === undefined) yield blocks(code, message, fix);
  const weights = problems.filter(({ percent }) => percent !== undefined);
  const [one] = weights;
  if (one !== undefined) {
    const impossible = list(weights.map(({ percent }) => String(percent)));
    yield blocks('edge-granularity', `${name} cannot set ${impossible} %`, one.fix);
  }
  const isSticky = traffic === null ? edge.router.isSticky : traffic.isSticky;
  if (isSticky) return;
  yield warns(
    'traffic-not-sticky',
    `${name === '' ? 'the router' : name} deals each request anew: a user sees both colors while the weight is between 0 and 100 %, and the stickiness gate is skipped`,
    'keep sessions that span both colors harmless, or let our router move users',
  );
}

/** Users are where the vendor's weight says, whatever the document says. */
export function* weightOnFrom(plan: Plan, { edge }: Seen): Generator<Found> {
  const reading = edge?.traffic?.reading ?? null;
  if (edge === null || reading === null) return;
  const { use } = plan.providers.edge.traffic ?? { use: 'the traffic' };
  if (reading.weightPercent !== 0) {
    const who = reading.writer === undefined ? 'somebody' : (reading.writer ?? 'nobody since it started');
    yield blocks(
      'edge-not-on-from',
      `${use} sends ${reading.weightPercent} % of users to ${plan.to}, set by ${who}`,
      `set it to 0 % there, or swap from and to in the plan`,
    );
  }
  const stored = edge.config?.generation ?? 0;
  if ((reading.generation ?? 0) > stored) {
    yield blocks(
      'edge-not-on-from',
      `${use} was set under generation ${reading.generation}, the config store holds ${stored}: it would refuse this switch`,
      'name the store that its last switch used, or clear its weight',
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
        'point the router and the plan at the same store and let nobody else write there; where the store has lost what the region serves, as after a ' +
          'failover, `cutover recover` writes above it',
      );
    }
  }
}

/** Of a weak store that says no more. */
const LAST_WRITE = {
  how: 'the config store takes the last write, whoever computed it from what',
  fix: 'let nobody else write there while this switch runs; a store that compares and sets needs no such promise',
};

/** What the edge promises must fit the times that the plan waits. */
export function* edgeTimesFit({ cutover }: Plan, { edge }: Seen): Generator<Found> {
  if (edge === null) return;
  const { reads, fencing, weakness = LAST_WRITE } = edge.store;
  const trafficMs = edge.traffic?.capabilities.propagation.maxMs ?? 0;
  const maxMs = Math.max(edge.router.propagation.maxMs, trafficMs);
  if (maxMs > cutover.propagationMs) {
    const [declared, waited] = [formatDuration(maxMs), formatDuration(cutover.propagationMs)];
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
  if (fencing !== 'strong') {
    yield warns('edge-fencing-weak', weakness.how, weakness.fix);
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

/** What probes read as an error and the router does not would be missing in users' lines, and the other way round. */
export function* dialectsAgree({ probes }: Plan, { edge }: Seen): Generator<Found> {
  const planned = sameDialects(probes.dialects ?? []);
  const others = edge?.regions.filter(({ dialects }) => dialects !== undefined && dialects !== planned) ?? [];
  if (others.length === 0) return;
  yield warns(
    'stream-dialects',
    `the router of ${list(others.map(({ region }) => region))} knows other stream dialects than the plan: the same answer may be an error to one of them only`,
    `set STREAM_DIALECTS=${planned} in the router's variables, or write probes.dialects as it has them`,
  );
}
