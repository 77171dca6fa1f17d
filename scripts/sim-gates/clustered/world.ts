/**
 * One draw of a family: its users, its two colors second by second, and the day of `from` before the hold.
 * Invariant: the day and the hold of `from` are one run of one process.
 */
import {
  histogramOfCounts,
  LAST_BUCKET,
  LOG_WIDTH,
  SHORTEST_MS,
  type DayBlocks,
  type Histogram,
} from '../../../src/domain/clusters/index.ts';
import { normalQuantile } from '../../../src/domain/stats/index.ts';
import type { Draws } from './draws.ts';
import type { Family, Volume } from './family.ts';
import { addBursts, addDaily, addEvent, addTo, addWander, addWanderBefore, DAY_S } from './processes.ts';

/** One color over time; the hold is its end. */
export interface ColorTime {
  /** Log of the factor on rate or latency. */
  readonly factor: Float32Array;
  /** Added failure rate. */
  readonly added: Float32Array;
}

export interface World {
  readonly family: Family;
  readonly holdS: number;
  /** Seconds of history before the hold, 0 without a day. */
  readonly dayS: number;
  readonly from: ColorTime;
  readonly to: ColorTime;
  readonly users: Users;
  /** Of the daily swing, where the hold begins. */
  readonly phase: number;
  /** Of what wanders, its value where the hold begins. */
  readonly before: number;
}

export interface Users {
  readonly count: number;
  /** Expected requests of each in the hold. */
  readonly requests: Float64Array;
  readonly isOnTo: Uint8Array;
  readonly bin: Uint16Array;
  readonly region: Uint8Array;
  /** Errors: own rate, the fault left out. Latency: log of the own level. */
  readonly level: Float64Array;
  /** Errors: failures come from the user, whatever the color does. */
  readonly isBroken: Uint8Array;
}

export const BASE_MS = 180;
const BASE_RATE = 0.001;
const INCIDENT_S = 600;

/** The day of `from` has what begins in it and lasts, as bursts do; what costs by the second waits for {@link fillDay}. */
export function drawWorld(family: Family, volume: Volume, draws: Draws): World {
  const holdS = 60 * (family.holdMinutes ?? 60);
  const dayS = family.day === undefined ? 0 : DAY_S;
  const from = blank(dayS + holdS);
  const to = blank(holdS);
  const tail = { factor: from.factor.subarray(dayS), added: from.added.subarray(dayS) };
  const { wander, bursts, events = [], daily } = family;
  const isLatency = family.gate === 'latency';
  // A day later the swing is where it was: the day begins and ends in the same phase.
  const phase = daily === undefined ? 0 : 2 * Math.PI * draws.uniform();
  if (daily !== undefined) addDaily(tail.factor, daily, phase);
  let before = wander?.shared === true ? addWander(tail.factor, wander, draws) : 0;
  for (const event of events.filter((one) => one.shared === true))
    addEvent(isLatency ? from.factor : from.added, onScale(event, isLatency), holdS, draws);
  to.factor.set(tail.factor);
  to.added.set(tail.added);
  if (wander !== undefined && wander.shared !== true) {
    before = addWander(tail.factor, wander, draws);
    addWander(to.factor, wander, draws);
  }
  for (const color of [from, to]) {
    const target = isLatency ? color.factor : color.added;
    if (bursts !== undefined) addBursts(target, onScale(bursts, isLatency), draws);
    for (const event of events)
      if (event.shared !== true) addEvent(target, onScale(event, isLatency), holdS, draws);
  }
  if (family.hump === true)
    for (const { factor } of [tail, to])
      for (let s = 0; s < holdS; s += 1)
        factor[s] = (factor[s] ?? 0) + Math.log(1 + Math.sin((Math.PI * s) / holdS));
  const users = drawUsers(family, volume, holdS, draws);
  return { family, holdS, dayS, from, to, users, phase, before };
}

/** Draws the rest of the day; once, and only where somebody asks for it: a hold without a look over the limit needs none. */
export function fillDay({ family, from, dayS, phase, before }: World, draws: Draws): void {
  const factor = from.factor.subarray(0, dayS);
  const { wander, daily } = family;
  if (daily !== undefined) addDaily(factor, daily, phase);
  if (wander !== undefined) addWanderBefore(factor, wander, before, draws);
  ageDay(from, family, dayS, family.gate === 'latency', draws);
}

/** What the day has that the hold has not. */
function ageDay(from: ColorTime, { day }: Family, dayS: number, isLatency: boolean, draws: Draws): void {
  const { level = 1, levelUntilH = 0, incident } = day ?? {};
  if (level !== 1) addTo(from.factor, 0, dayS - levelUntilH * 3600, Math.log(level));
  if (incident !== undefined) {
    const start = draws.uniform() * (dayS - INCIDENT_S);
    addTo(
      isLatency ? from.factor : from.added,
      start,
      start + INCIDENT_S,
      isLatency ? Math.log(incident) : incident,
    );
  }
}

function onScale<T extends { readonly height: number }>(one: T, isLatency: boolean): T {
  return isLatency ? { ...one, height: Math.log(one.height) } : one;
}

function blank(seconds: number): ColorTime {
  return { factor: new Float32Array(seconds), added: new Float32Array(seconds) };
}

function drawUsers(family: Family, volume: Volume, holdS: number, draws: Draws): Users {
  const { count = 2000, zipf, levelSd, broken } = family.users ?? {};
  const requests = new Float64Array(count);
  let sum = 0;
  for (let u = 0; u < count; u += 1) {
    requests[u] = zipf === undefined ? Math.exp(draws.normal()) : (u + 1) ** -zipf;
    sum += requests[u] ?? 0;
  }
  const all = ((volume.from + volume.to) * holdS) / 3600;
  const share = volume.to / (volume.from + volume.to);
  const users: Users = {
    count,
    requests: requests.map((weight) => (weight / sum) * all),
    isOnTo: new Uint8Array(count),
    bin: new Uint16Array(count),
    region: new Uint8Array(count),
    level: new Float64Array(count),
    isBroken: new Uint8Array(count),
  };
  const isLatency = family.gate === 'latency';
  const rate = family.rate ?? BASE_RATE;
  for (let u = 0; u < count; u += 1) {
    users.isOnTo[u] = Number(draws.uniform() < share);
    users.bin[u] = draws.below(512);
    users.region[u] = draws.below(4);
    const own = levelSd === undefined ? 0 : levelSd * draws.normal();
    const isBroken = broken !== undefined && draws.uniform() < broken.share;
    users.isBroken[u] = Number(isBroken);
    users.level[u] = isLatency ? own : isBroken ? broken.rate : rate * Math.exp(own);
  }
  return users;
}

/** Trials and failures of `from` by block of the day. */
export function errorDay(
  { family, users, from, dayS }: World,
  volume: Volume,
  blockS: number,
  draws: Draws,
): DayBlocks {
  let [sick, steady, all] = [0, 0, 0];
  for (let u = 0; u < users.count; u += 1) {
    const weight = users.requests[u] ?? 0;
    all += weight;
    if (users.isBroken[u] === 1) sick += weight * (users.level[u] ?? 0);
    else steady += weight * (users.level[u] ?? 0);
  }
  const expected = ((volume.from + volume.to) * blockS) / 3600;
  const start = dayS - 3600 * (family.day?.hours ?? 24);
  return Array.from({ length: Math.floor(dayS / blockS) }, (_, block) => {
    if (block * blockS < start) return null;
    let rate = 0;
    for (let s = block * blockS; s < (block + 1) * blockS; s += 1)
      rate += Math.min(1, (sick + steady * factorAt(from, s)) / all + (from.added[s] ?? 0));
    rate /= blockS;
    const events = draws.poisson(expected * rate);
    return { trials: events + draws.poisson(expected * (1 - rate)), events };
  });
}

function factorAt({ factor }: ColorTime, second: number): number {
  const log = factor[second] ?? 0;
  return log === 0 ? 1 : Math.exp(log);
}

/** Latencies of `from` by block of the day: half a million, so numbers a second and their logs come from tables. */
export function latencyDay(
  { family, from, dayS }: World,
  volume: Volume,
  blockS: number,
  draws: Draws,
): (Histogram | null)[] {
  const start = dayS - 3600 * (family.day?.hours ?? 24);
  const perLog = 1 / LOG_WIDTH;
  const base = Math.log(BASE_MS / SHORTEST_MS) * perLog;
  const spread = perLog * (family.sd ?? 0.5);
  const requests = poissonSums((volume.from + volume.to) / 3600);
  const normals = normalTable();
  const most = normals.length;
  // A read of an imported name costs more than the loops here do.
  const last = LAST_BUCKET;
  const counts = new Uint32Array(last + 1);
  return Array.from({ length: Math.floor(dayS / blockS) }, (_, block) => {
    const first = block * blockS;
    if (first < start) return null;
    counts.fill(0);
    for (let s = first; s < first + blockS; s += 1) {
      const middle = base + perLog * (from.factor[s] ?? 0);
      const u = draws.uniform();
      for (let left = 0; u >= (requests[left] ?? 1); left += 1) {
        const at = Math.floor(middle + spread * (normals[draws.below(most)] ?? 0));
        const bucket = at < 0 ? 0 : at > last ? last : at;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
      }
    }
    return histogramOfCounts(counts);
  });
}

/** P(count ≤ i) of a Poisson count, until nothing is left. */
function poissonSums(mean: number): Float64Array {
  const sums: number[] = [];
  let [term, sum] = [Math.exp(-mean), 0];
  for (let i = 1; sum < 1 - 1e-12; i += 1) {
    sum += term;
    sums.push(sum);
    term *= mean / i;
  }
  return Float64Array.from(sums);
}

/** Few enough to stay at hand; what is asked of a day lies below its last thousandth. */
const NORMALS = 1 << 13;
let normals: Float32Array | null = null;

/** Standard normals, each as likely as any other. */
function normalTable(): Float32Array {
  normals ??= Float32Array.from({ length: NORMALS }, (_, i) => normalQuantile((i + 0.5) / NORMALS));
  return normals;
}
