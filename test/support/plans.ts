/** Plans for tests: one complete plan with hours-long holds, changed section by section. */
import { loadPlan } from '../../src/plan/load.ts';
import { BUILT_IN_GATES } from '../../src/domain/gate.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { fileURLToPath } from 'node:url';

const PROBES = fileURLToPath(new URL('../../examples/docs-rag/probes', import.meta.url));

/** What a test changes: whole fields, or some members of a section. */
export type PlanChange = {
  readonly [K in keyof Plan]?: Plan[K] extends readonly unknown[] ? Plan[K] : Partial<Plan[K]>;
};

const TEXT = (service: string, cache: string): string => `service: ${service}
entry: { eu-west: http://127.0.0.1:8787 }
colors:
  blue: { url: http://127.0.0.1:9001, release: r41 }
  green: { url: http://127.0.0.1:9002, release: r42 }
edge: { use: cloudflare }
telemetry: { use: duckdb, path: edge.ndjson }
queue: none
cache: ${cache}
probes: { set: ${PROBES}, scale: raw }
shadow: { replay: 0 }
canary: { for: 15m, looks: 1 }
ramp: { for: 15m, looks: 1, steps: [10, 50] }
cutover: { freeze: 30s, quiet: 2s, fence: 1m, attempts: 2, backoff: 2m }
audit: { for: 10m, looks: 1 }
hold: { for: 1h, looks: 2, peak: none }
approve: []
`;

/** The plan as users write it, with every built-in gate. */
async function wholePlan(service: string): Promise<Plan> {
  return (await loadPlan({ text: TEXT(service, 'router') })).plan;
}

/** One gate decides, by the test's script; nobody needs to approve anything. */
export async function scriptedPlan(service: string, change: PlanChange = {}): Promise<Plan> {
  const plan = await wholePlan(service);
  const scripted: Plan = {
    ...plan,
    gates: { ...plan.gates, off: BUILT_IN_GATES },
    providers: { ...plan.providers, queue: { use: 'scripted' } },
    customGates: [{ name: 'script', kind: 'http', options: {} }],
    onInconclusive: { ...plan.onInconclusive, extensions: 0 },
  };
  const merged = Object.entries(change).map(([field, value]) => {
    const now: unknown = scripted[field as keyof Plan];
    const isSection = now !== null && typeof now === 'object' && !Array.isArray(now);
    return [field, isSection ? { ...now, ...(value as object) } : value];
  });
  return { ...scripted, ...Object.fromEntries(merged) } as Plan;
}

/** Tells somebody: tests stop the world in the notifier. */
export const NOTIFY = [{ use: 'scripted' }] as const;

const scripted = { use: 'scripted' };

/** A vendor's own weight moves users. */
export const NATIVE = {
  providers: { edge: { store: scripted, router: scripted, traffic: scripted } },
} as const satisfies PlanChange;

/** A daily peak that begins half a day from now at a full hour: at whatever time of day a test runs, its switch comes there long before. */
export function peakAhead(zone = 'UTC'): { at: string; zone: string; days: (1 | 2 | 3 | 4 | 5 | 6 | 7)[] } {
  const inHalfADay = new Date(Date.now() + 12 * 3_600_000);
  const hour = inHalfADay.toLocaleTimeString('en-GB', { timeZone: zone, hour: '2-digit' });
  return { at: `${hour}:00`, zone, days: [1, 2, 3, 4, 5, 6, 7] };
}
