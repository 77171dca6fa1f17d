/** What of a plan goes with every activity call. */
import type { Color } from './color.ts';
import type { Plan } from './plan.ts';

/** What an activity needs to find the world of a plan; no more, since it goes with every call. */
export interface Targets {
  readonly switchId: string;
  /** When the switch began, epoch ms by the server's clock: later switches of the service go before earlier ones. */
  readonly startedMs: number;
  readonly service: string;
  readonly from: Color;
  readonly to: Color;
  readonly entry: Plan['entry'];
  readonly colorUrls: Readonly<Record<Color, string>>;
  readonly providers: Plan['providers'];
}

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
