/** Asks what is asked of two contracts in every region, and says of each finding where it holds unless it holds everywhere. */
import type { HealthContract } from '../../domain/health.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Check, Found, Seen } from './seen.ts';

type Compare = (from: HealthContract, to: HealthContract, plan: Plan) => Iterable<Found>;

/** A check of the two colors' contracts in each region of `to`; silent while a color is not known. */
export function inEveryRegion(compare: Compare): Check {
  return (plan: Plan, { health }: Seen) => {
    const [froms, tos] = [health[plan.from] ?? [], health[plan.to] ?? []];
    const found = new Map<string, { readonly one: Found; readonly regions: string[] }>();
    for (const to of tos) {
      const from = froms.find(({ region }) => region === to.region) ?? froms[0];
      if (from === undefined) return [];
      for (const one of compare(from, to, plan)) {
        const key = JSON.stringify(one);
        const entry = found.get(key) ?? { one, regions: [] };
        entry.regions.push(to.region ?? 'a region that it does not name');
        found.set(key, entry);
      }
    }
    return [...found.values()].map(({ one, regions }) =>
      regions.length === tos.length ? one : { ...one, message: `in ${regions.join(', ')}: ${one.message}` },
    );
  };
}
