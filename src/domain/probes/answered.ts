/**
 * Which questions are asked for a whole answer, where the service has a request that retrieves and generates nothing.
 * Invariant: the same ones in every round, look and process of a switch: λ needs whole grids of a question.
 */
import type { Probe } from '../probe.ts';
import { isAsserted, type Asserting } from './asserted.ts';
import { seededRandom } from './rounds.ts';

/**
 * @param most answerable questions that are answered: those with assertions first, since nothing but an answer can meet them, and of
 * each kind from every topic in turn; null: all of them. One without an answer in the corpus is always answered: only an answer shows
 * whether it is refused.
 * @param seed digest of the set
 */
export function answeredIds(
  probes: readonly (Pick<Probe, 'id' | 'topic' | 'answerable'> & Asserting)[],
  most: number | null,
  seed: string,
): ReadonlySet<string> {
  const answered = new Set(
    probes.filter(({ answerable }) => most === null || !answerable).map(({ id }) => id),
  );
  if (most === null) return answered;
  const random = seededRandom(`${seed}/answered`);
  const asked = probes.flatMap((probe) => (probe.answerable ? [{ ...probe, at: random() }] : []));
  const first = asked.filter(isAsserted);
  const rest = asked.filter((probe) => !isAsserted(probe));
  for (const { id } of [...inTurn(first), ...inTurn(rest)].slice(0, most)) answered.add(id);
  return answered;
}

/** One of each topic, then the next of each. */
function inTurn<P extends { readonly topic: string; readonly at: number }>(asked: readonly P[]): P[] {
  const topics = new Map<string, P[]>();
  for (const one of asked) topics.set(one.topic, [...(topics.get(one.topic) ?? []), one]);
  const queues = [...topics.values()].map((list) => list.toSorted((a, b) => a.at - b.at));
  return asked.flatMap((_, turn) => queues.flatMap((list) => list[turn] ?? []));
}

/** Questions whose assertions nobody can judge, since they are asked for retrieved text only. */
export function unjudgedAssertions(
  probes: readonly (Pick<Probe, 'id'> & Asserting)[],
  answered: ReadonlySet<string>,
): { readonly asserted: number; readonly unjudged: number } {
  const asserted = probes.filter(isAsserted);
  return { asserted: asserted.length, unjudged: asserted.filter(({ id }) => !answered.has(id)).length };
}
