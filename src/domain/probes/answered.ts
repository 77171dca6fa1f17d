/**
 * Which questions are asked for a whole answer, where the service has a request that retrieves and generates nothing.
 * Invariant: the same ones in every round, look and process of a switch: λ needs whole grids of a question.
 */
import type { Probe } from '../probe.ts';
import { seededRandom } from './rounds.ts';

/**
 * @param most answerable questions that are answered, taken from each topic in turn; null: all of them. One without an answer in the
 * corpus is always answered: only an answer shows whether it is refused.
 * @param seed digest of the set
 */
export function answeredIds(
  probes: readonly Pick<Probe, 'id' | 'topic' | 'answerable'>[],
  most: number | null,
  seed: string,
): ReadonlySet<string> {
  const answered = new Set(
    probes.filter(({ answerable }) => most === null || !answerable).map(({ id }) => id),
  );
  if (most === null) return answered;
  const topics = new Map<string, { readonly id: string; readonly at: number }[]>();
  const random = seededRandom(`${seed}/answered`);
  for (const { id, topic, answerable } of probes) {
    if (answerable) topics.set(topic, [...(topics.get(topic) ?? []), { id, at: random() }]);
  }
  const queues = [...topics.values()].map((list) => list.toSorted((a, b) => a.at - b.at));
  const inTurn = Array.from({ length: probes.length }, (_, turn) =>
    queues.flatMap((list) => list[turn] ?? []),
  );
  for (const { id } of inTurn.flat().slice(0, most)) answered.add(id);
  return answered;
}
