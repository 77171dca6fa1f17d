/**
 * The hold-out: a share of the probes that nobody sees while a release is made, another share for each release, so that
 * a service is not tuned to its own test.
 *
 * Invariant: a pure function of the probes' ids and topics and of the release; both parts keep the topics' proportions.
 */
import { createHash } from 'node:crypto';
import type { Probe } from '../domain/probe.ts';

export interface HoldOut<P> {
  /** What may be looked at while the release is made. */
  readonly open: readonly P[];
  /** What only the gates ask. */
  readonly heldOut: readonly P[];
}

/** Share of the probes that is held out. */
export const HOLD_OUT_SHARE = 0.2;

/**
 * Splits a set for one release; order within each part is the set's.
 * @param release any text that names the release; another release holds out other probes.
 * @throws RangeError when `share` is not between 0 and 1 (exclusive).
 */
export function holdOut<P extends Pick<Probe, 'id' | 'topic'>>(
  set: { readonly probes: readonly P[] },
  release: string,
  share: number = HOLD_OUT_SHARE,
): HoldOut<P> {
  if (!(share > 0 && share < 1)) throw new RangeError('share must be between 0 and 1');
  const ranked = [...set.probes].sort((a, b) => compare(rank(release, a.id), rank(release, b.id)));
  const topics = new Map<string, P[]>();
  for (const probe of ranked) topics.set(probe.topic, [...(topics.get(probe.topic) ?? []), probe]);
  // Largest remainder: each topic gives its share, and the whole is the share of the whole.
  const quotas = [...topics].map(([topic, probes]) => {
    const exact = probes.length * share;
    return { topic, probes, base: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  let left = Math.round(set.probes.length * share) - quotas.reduce((sum, { base }) => sum + base, 0);
  const held = new Set<string>();
  quotas.sort((a, b) => b.rest - a.rest || compare(rank(release, a.topic), rank(release, b.topic)));
  for (const { probes, base } of quotas) {
    const extra = left > 0 && base < probes.length ? 1 : 0;
    left -= extra;
    for (const probe of probes.slice(0, base + extra)) held.add(probe.id);
  }
  return {
    open: set.probes.filter((probe) => !held.has(probe.id)),
    heldOut: set.probes.filter((probe) => held.has(probe.id)),
  };
}

function rank(release: string, id: string): string {
  return createHash('sha256').update(`${release}\0${id}`).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
