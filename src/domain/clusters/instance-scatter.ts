/**
 * How far an arm's rate strays between its instances, beyond independent requests and beyond its users.
 * Invariant: 0 where instances are not named, so nothing is claimed of what was not logged.
 */
import type { Arms, Series, Trials } from './sums.ts';
import { total, widening } from './user-scatter.ts';

/** Share of an arm's lines that must name an instance. */
const NAMED_SHARE = 0.9;

/** E_inst of both arms. @param margin m */
export function instanceScatter({ to, from }: Arms<Series>, margin: number, alpha: number): number {
  return ofArm(to, 1, alpha) + (from === null ? 0 : ofArm(from, margin, alpha));
}

/** True when an arm names at least two instances on nearly all its lines. */
export function namesInstances({ byInstance, byTick }: Trials): boolean {
  return (
    byInstance.filter((count) => count > 0).length >= 2 && total(byInstance) >= NAMED_SHARE * total(byTick)
  );
}

function ofArm(series: Series, margin: number, alpha: number): number {
  const { trials, events } = series;
  if (!namesInstances(trials)) return 0;
  const n = total(trials.byTick);
  const x = total(events.byTick);
  const rate = x / n;
  const weight = margin / n;
  const squares = (counts: readonly number[], hits: readonly number[]): number =>
    counts.reduce((sum, count, i) => sum + (weight * ((hits[i] ?? 0) - rate * count)) ** 2, 0);
  const instances = trials.byInstance.filter((count) => count > 0).length;
  const seen = (instances / (instances - 1)) * squares(trials.byInstance, events.byInstance);
  const explained = Math.max(weight * weight * x * (1 - rate), squares(trials.byBin, events.byBin));
  const excess = Math.max(0, seen - explained);
  return excess === 0 ? 0 : excess * widening(alpha, instances - 1);
}
