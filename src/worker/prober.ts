import type { Prober } from '../activities/world.ts';
import type { ProbesPlan } from '../domain/plan.ts';
import type { ProviderScope } from '../providers/ports.ts';
export async function openProber(_s: ProviderScope, _p: ProbesPlan): Promise<Prober> { throw new Error('pending'); }
