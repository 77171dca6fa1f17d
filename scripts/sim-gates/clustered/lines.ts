/**
 * Draws the lines of a hold, without an object a line.
 * Invariant: a user's failure that repeats within 60 s with nothing good between is left out, as every engine leaves it out.
 */
import { bucketOfMs } from '../../../src/domain/clusters/index.ts';
import type { Draws } from './draws.ts';
import { BASE_MS, type World } from './world.ts';

/** Lines of one color, in no order. */
export interface Lines {
  count: number;
  user: Uint16Array;
  /** Second of the hold, with its fraction. */
  second: Float64Array;
  /** Errors: 1 failed, 0 not. Latency: ms. */
  value: Float64Array;
  /** Latency: its bucket. */
  bucket: Uint16Array;
  instance: Uint8Array;
  route: Uint8Array;
}

export function emptyLines(capacity = 1 << 14): Lines {
  return {
    count: 0,
    user: new Uint16Array(capacity),
    second: new Float64Array(capacity),
    value: new Float64Array(capacity),
    bucket: new Uint16Array(capacity),
    instance: new Uint8Array(capacity),
    route: new Uint8Array(capacity),
  };
}

const SAME_FAILURE_S = 60;
const ROUTES = 6;

/** @param keepsRepeats as whoever knows no users counts them */
export function drawLines(
  world: World,
  draws: Draws,
  from: Lines,
  to: Lines,
  { keepsRepeats = false }: { readonly keepsRepeats?: boolean } = {},
): void {
  from.count = 0;
  to.count = 0;
  if (world.family.gate === 'latency') latencies(world, draws, from, to);
  else errors(world, draws, from, to, keepsRepeats);
}

function push(lines: Lines, user: number, second: number, value: number, route: number): void {
  if (lines.count === lines.user.length) grow(lines);
  const at = lines.count;
  lines.user[at] = user;
  lines.second[at] = second;
  lines.value[at] = value;
  lines.route[at] = route;
  lines.count = at + 1;
}

function grow(lines: Lines): void {
  const { count } = lines;
  const wide = emptyLines(count * 2);
  wide.user.set(lines.user);
  wide.second.set(lines.second);
  wide.value.set(lines.value);
  wide.bucket.set(lines.bucket);
  wide.instance.set(lines.instance);
  wide.route.set(lines.route);
  Object.assign(lines, wide, { count });
}

/** How much of its height a fault has at a second of the hold: 0 to 1. */
function strength({ family: { fault }, holdS }: World, second: number): number {
  if (fault === undefined) return 0;
  const start = 60 * (fault.fromMinute ?? 0);
  if (second < start) return 0;
  return fault.rising === true ? (second - start) / (holdS - start) : 1;
}

function errors(world: World, draws: Draws, from: Lines, to: Lines, keepsRepeats: boolean): void {
  const { family, holdS, dayS, users } = world;
  const { fault, retries = 1 } = family;
  const isInPart = family.parts === true;
  const rate = family.rate ?? 0.001;
  for (let u = 0; u < users.count; u += 1) {
    const isOnTo = users.isOnTo[u] === 1;
    const lines = isOnTo ? to : from;
    const { factor, added } = isOnTo ? world.to : world.from;
    const offset = isOnTo ? 0 : dayS;
    const isBroken = users.isBroken[u] === 1;
    const level = users.level[u] ?? 0;
    const first = lines.count;
    let failures = 0;
    for (let left = draws.poisson(users.requests[u] ?? 0); left > 0; left -= 1) {
      const second = draws.uniform() * holdS;
      const s = offset + Math.floor(second);
      const route = isInPart ? draws.below(ROUTES) : 0;
      let p = level;
      if (!isBroken) {
        const isHit =
          fault !== undefined &&
          isOnTo &&
          (fault.only === undefined || (fault.only === 'region' ? users.region[u] === 0 : route === 0));
        // A user's own level carries over to what the fault does to it.
        if (isHit) p *= 1 + strength(world, second) * (fault.to / rate - 1);
        p *= Math.exp(factor[s] ?? 0);
      }
      p += added[s] ?? 0;
      if (draws.uniform() >= p) {
        push(lines, u, second, 0, route);
        continue;
      }
      for (let at = second; at < holdS; at += 1) {
        push(lines, u, at, 1, route);
        failures += 1;
        if (draws.uniform() < 1 / retries) break;
      }
    }
    if (failures > 1 && !keepsRepeats) leaveOutRepeats(lines, first);
  }
}

/** Of one user's lines, from `first` on. */
function leaveOutRepeats(lines: Lines, first: number): void {
  const order = Array.from({ length: lines.count - first }, (_, i) => first + i);
  const { second, value } = lines;
  order.sort((a, b) => (second[a] ?? 0) - (second[b] ?? 0));
  const kept: number[] = [];
  let last = -1;
  for (const at of order) {
    const repeats =
      last >= 0 &&
      value[at] === 1 &&
      value[last] === 1 &&
      (second[at] ?? 0) - (second[last] ?? 0) < SAME_FAILURE_S;
    if (!repeats) kept.push(at);
    last = at;
  }
  kept.sort((a, b) => a - b);
  for (const [i, at] of kept.entries()) {
    second[first + i] = second[at] ?? 0;
    value[first + i] = value[at] ?? 0;
    lines.route[first + i] = lines.route[at] ?? 0;
  }
  lines.count = first + kept.length;
}

function latencies(world: World, draws: Draws, from: Lines, to: Lines): void {
  const { family, holdS, dayS, users } = world;
  const { fault, shape, instances, sd = 0.5 } = family;
  const isInPart = family.parts === true;
  const logFault = fault === undefined ? 0 : Math.log(fault.to);
  const ofInstance = instances === undefined ? null : instanceLevels(instances, draws);
  for (let u = 0; u < users.count; u += 1) {
    const isOnTo = users.isOnTo[u] === 1;
    const lines = isOnTo ? to : from;
    const { factor } = isOnTo ? world.to : world.from;
    const offset = isOnTo ? 0 : dayS;
    const level = users.level[u] ?? 0;
    const own = ofInstance?.[isOnTo ? 'to' : 'from'];
    for (let left = draws.poisson(users.requests[u] ?? 0); left > 0; left -= 1) {
      let second = draws.uniform() * holdS;
      if (family.hump === true)
        while (2 * draws.uniform() > 1 + Math.sin((Math.PI * second) / holdS))
          second = draws.uniform() * holdS;
      const route = isInPart ? draws.below(ROUTES) : 0;
      let log = Math.log(BASE_MS) + level + (factor[offset + Math.floor(second)] ?? 0);
      if (shape === 'pareto') log -= Math.log(1 - draws.uniform()) / 1.1;
      else if (shape === 'cliff') log += 0.2 * draws.normal() + (draws.uniform() < 0.05 ? Math.log(10) : 0);
      else log += sd * draws.normal();
      if (fault !== undefined && isOnTo) {
        const isHit =
          fault.only === undefined || (fault.only === 'region' ? users.region[u] === 0 : route === 0);
        if (shape === 'tail') log += draws.uniform() < 0.1 ? logFault : 0;
        else if (isHit)
          log +=
            fault.rising === true
              ? Math.log(1 + strength(world, second) * (fault.to - 1))
              : strength(world, second) * logFault;
      }
      let instance = 0;
      if (own !== undefined) {
        instance = draws.below(own.length);
        log += own[instance] ?? 0;
      }
      push(lines, u, second, Math.exp(log), route);
      const at = lines.count - 1;
      lines.instance[at] = instance;
      lines.bucket[at] = bucketOfMs(lines.value[at] ?? 0);
    }
  }
}

function instanceLevels(
  { from, to, sd, bad }: NonNullable<World['family']['instances']>,
  draws: Draws,
): { readonly from: Float64Array; readonly to: Float64Array } {
  const levels = { from: new Float64Array(from), to: new Float64Array(to) };
  for (const side of [levels.from, levels.to])
    for (let i = 0; i < side.length; i += 1) side[i] = sd * draws.normal();
  if (bad !== undefined) levels.from[0] = Math.log(bad);
  return levels;
}
