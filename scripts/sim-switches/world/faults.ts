/** Which faults of a switch are in force: started by the service's hook, ended by the clock or by being used up. */
import type { Fault, FaultKind } from '../scenario.ts';

type Of<K extends FaultKind> = Extract<Fault, { kind: K }>;

interface Live {
  readonly fault: Fault;
  sinceMs: number;
  untilMs: number;
  left: number;
}

export class Faults {
  #live: Live[] = [];

  start(fault: Fault, nowMs: number): number | null {
    const untilMs = 'forMs' in fault ? nowMs + fault.forMs : Number.POSITIVE_INFINITY;
    const left = 'times' in fault ? fault.times : Number.POSITIVE_INFINITY;
    this.#live.push({ fault, sinceMs: nowMs, untilMs, left });
    return Number.isFinite(untilMs) ? untilMs : null;
  }

  /** The fault of that kind in force at an instant. */
  at<K extends FaultKind>(kind: K, atMs: number, fits: (fault: Of<K>) => boolean = () => true): Of<K> | null {
    const found = this.#live.find(
      (one) =>
        one.fault.kind === kind &&
        one.left > 0 &&
        atMs >= one.sinceMs &&
        atMs < one.untilMs &&
        fits(one.fault as Of<K>),
    );
    return found === undefined ? null : (found.fault as Of<K>);
  }

  /** As `at`, and uses it up by one. */
  spend<K extends FaultKind>(kind: K, atMs: number): Of<K> | null {
    const found = this.#live.find((one) => one.fault.kind === kind && one.left > 0 && atMs < one.untilMs);
    if (found === undefined) return null;
    found.left -= 1;
    return found.fault as Of<K>;
  }

  /** A new day: whatever was wrong is over. */
  clear(nowMs: number): void {
    this.#live = this.#live.map((one) => ({ ...one, untilMs: Math.min(one.untilMs, nowMs), left: 0 }));
  }

  shift(byMs: number): void {
    for (const one of this.#live) {
      one.sinceMs -= byMs;
      one.untilMs -= byMs;
    }
  }

  /** Outages of that kind, for the oracle's bounds. */
  spans<K extends FaultKind>(kind: K): { fault: Of<K>; sinceMs: number; untilMs: number }[] {
    return this.#live
      .filter((one) => one.fault.kind === kind)
      .map(({ fault, sinceMs, untilMs }) => ({ fault: fault as Of<K>, sinceMs, untilMs }));
  }
}
