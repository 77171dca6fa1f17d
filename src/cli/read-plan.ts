/** Reads the plan a command was given, pinned to its probe set, and tells its warnings. */
import { loadPlan, type LoadedPlan } from '../plan/load.ts';
import { problemLine } from '../plan/errors.ts';
import { loadProbeSet } from '../probes/probe-set.ts';
import { readOwnModule } from '../providers/read-own.ts';
import type { Context } from './spec.ts';

/** @throws PlanError with every problem of the plan; UserError when it cannot be read. */
export async function readPlan(file: string, { out }: Context): Promise<LoadedPlan> {
  const loaded = await loadPlan(file, {
    probeDigest: async (folder) => (await loadProbeSet(folder)).digest,
    readModule: readOwnModule,
  });
  if (!out.json) {
    for (const warning of loaded.warnings) out.note(`warning: ${problemLine(loaded.file, warning)}`);
  }
  return loaded;
}
