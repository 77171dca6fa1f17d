/** Server classes that only `to` shows, and the users who could have met them. Repeats of a failure count here: users are distinct. */
import { allBlocks, blockOf } from './grid.ts';
import type { Columns } from './line-columns.ts';
import type { NewClass } from './novelty.ts';
import type { SumsTerms } from './parts.ts';
import type { Arms } from './sums.ts';

/** By name. */
export function newClasses({ count, isTo, tick, user, failure }: Columns, terms: SumsTerms): NewClass[] {
  const { grid, apartBlocks } = terms;
  const known = new Set(terms.known);
  const usersOf = new Map<number, Set<number>[]>();
  const ofFrom = new Set<number>();
  for (let i = 0; i < count; i += 1) {
    const name = failure.of[i] ?? -1;
    if (name < 0) continue;
    if (isTo[i] === 0) {
      ofFrom.add(name);
      continue;
    }
    let blocks = usersOf.get(name);
    if (blocks === undefined)
      usersOf.set(name, (blocks = Array.from({ length: allBlocks(grid) }, () => new Set<number>())));
    blocks[blockOf(grid, tick[i] ?? 0)]?.add(user[i] ?? 0);
  }
  return Array.from(usersOf, ([number, blocks]) => ({ number, blocks, name: failure.names[number] ?? '' }))
    .filter(({ number, name }) => !ofFrom.has(number) && !known.has(name))
    .map(({ name, blocks }) => ({
      name,
      users: union(blocks).size,
      byBlock: blocks.map(({ size }) => size),
      apart: blocks.map((_, k) => union(blocks.filter((_users, j) => Math.abs(j - k) > apartBlocks)).size),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function union(sets: readonly ReadonlySet<number>[]): Set<number> {
  const all = new Set<number>();
  for (const set of sets) for (const one of set) all.add(one);
  return all;
}

export function usersAtRisk({ count, isTo, user }: Columns, hasFrom: boolean): Arms<number> {
  const [from, to] = [new Set<number>(), new Set<number>()];
  for (let i = 0; i < count; i += 1) (isTo[i] === 1 ? to : from).add(user[i] ?? 0);
  return { to: to.size, from: hasFrom ? from.size : null };
}
