/** What changes with time, a value a second: wandering, bursts, events, swings. Invariant: stationary from the first second on. */
import type { Draws } from './draws.ts';
import type { Bursts, Event, Wander } from './family.ts';

export const DAY_S = 86_400;

/** Adds sd-scaled AR(1) noise. @returns its first value, from which {@link addWanderBefore} goes on into the past */
export function addWander(into: Float32Array, { tauS, sd }: Wander, draws: Draws): number {
  const keep = Math.exp(-1 / tauS);
  const fresh = sd * Math.sqrt(1 - keep * keep);
  const first = sd * draws.normal();
  let value = first;
  for (let s = 0; s < into.length; s += 1) {
    into[s] = (into[s] ?? 0) + value;
    value = keep * value + fresh * draws.normal();
  }
  return first;
}

/** The same noise before a value of it: backwards it is of the same kind. */
export function addWanderBefore(into: Float32Array, { tauS, sd }: Wander, next: number, draws: Draws): void {
  const keep = Math.exp(-1 / tauS);
  const fresh = sd * Math.sqrt(1 - keep * keep);
  let value = next;
  for (let s = into.length - 1; s >= 0; s -= 1) {
    value = keep * value + fresh * draws.normal();
    into[s] = (into[s] ?? 0) + value;
  }
}

export function addBursts(into: Float32Array, { height, meanS, share }: Bursts, draws: Draws): void {
  let isOn = draws.uniform() < share;
  let second = 0;
  while (second < into.length) {
    const mean = isOn ? meanS : (meanS * (1 - share)) / share;
    const until = second + mean * draws.exponential();
    // A phase holds the seconds whose middle it covers.
    if (isOn) addTo(into, second, until, height);
    second = until;
    isOn = !isOn;
  }
}

/** @param holdS the hold is the end of the time */
export function addEvent(into: Float32Array, event: Event, holdS: number, draws: Draws): void {
  const { height, lengthS, everyS, perDay } = event;
  if (everyS !== undefined) {
    const phase = draws.uniform() * everyS;
    for (let s = phase - everyS; s < into.length; s += everyS) addTo(into, s, s + lengthS, height);
  } else if (perDay !== undefined) {
    const gap = DAY_S / perDay;
    for (let s = gap * draws.exponential() - lengthS; s < into.length; s += gap * draws.exponential())
      addTo(into, s, s + lengthS, height);
  } else {
    const start = into.length - holdS + draws.uniform() * Math.max(0, holdS - lengthS);
    addTo(into, start, start + lengthS, height);
  }
}

/** Log of a daily swing of this amplitude. @param phase of the first second, 0 to 2π */
export function addDaily(into: Float32Array, amplitude: number, phase: number): void {
  for (let s = 0; s < into.length; s += 1)
    into[s] = (into[s] ?? 0) + Math.log(1 + amplitude * Math.sin((2 * Math.PI * s) / DAY_S + phase));
}

export function addTo(into: Float32Array, from: number, until: number, height: number): void {
  const end = Math.min(into.length, Math.round(until));
  for (let s = Math.max(0, Math.round(from)); s < end; s += 1) into[s] = (into[s] ?? 0) + height;
}
