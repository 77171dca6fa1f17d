/** What of a plan goes with every activity call. */
import type { Targets } from '../activities/api.ts';
import type { Plan } from '../domain/plan.ts';

export function targetsOf(plan: Plan, switchId: string, startedMs: number): Targets {
  return {
    switchId,
    startedMs,
    service: plan.service,
    from: plan.from,
    to: plan.to,
    entry: plan.entry,
    colorUrls: { blue: plan.colors.blue.url, green: plan.colors.green.url },
    providers: plan.providers,
  };
}
