/**
 * The modules of the user's own that a plan names: read where that is asked for, and what is to be said of those that could not be.
 *
 * Invariant: a module that is not installed here is a warning, since the worker may have it; one that no worker could use is an error.
 */
import type { Manifest } from '../ports/manifest.ts';
import type { OwnModule } from '../providers/read-own.ts';
import { manifestOf } from '../providers/registry.ts';
import type { Finding } from './errors.ts';
import { namedProviders, nameAt, type OwnManifests } from './named-providers.ts';
import { fromFolder } from './resolve.ts';
import type { PlanFile } from './schema.ts';

/** By its name in the plan that the engine reads: a path is absolute there. */
export type OwnModules = ReadonlyMap<string, OwnModule>;

interface Read {
  readonly modules: OwnModules;
  /** By its name as the file writes it. */
  readonly manifests: OwnManifests;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

export const NOTHING_READ: Read = { modules: new Map(), manifests: new Map(), errors: [], warnings: [] };

export async function readModules(
  file: PlanFile,
  folder: string,
  { readModule }: { readonly readModule?: (use: string, folder: string) => Promise<OwnModule> },
): Promise<Read> {
  if (readModule === undefined) return NOTHING_READ;
  const modules = new Map<string, OwnModule>();
  const manifests = new Map<string, Manifest>();
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  for (const named of namedProviders(file)) {
    const use = typeof named.file === 'string' ? named.file : named.file.use;
    if (named.port === 'embedder' || use === 'none' || use.trim() === '') continue;
    const name = fromFolder(use, folder);
    if (manifestOf(use) !== undefined) continue;
    // One module may be spelled in several ways: it is read once, and its options are checked at each place.
    const before = modules.get(name);
    const found = before ?? (await readModule(name, folder));
    modules.set(name, found);
    if (found.state === 'read' && found.manifest !== null) manifests.set(use, found.manifest);
    if (before !== undefined) continue;
    const path = nameAt(named);
    if (found.state === 'broken')
      errors.push({ path, message: `cannot be used: ${found.why}`, fix: found.fix });
    if (found.state === 'missing') {
      const message = `was not read, so its options are not checked and no default is taken from it: ${found.why}`;
      warnings.push({ path, message, fix: 'install it here to check them; a worker needs it' });
    }
  }
  return { modules, manifests, errors, warnings };
}
