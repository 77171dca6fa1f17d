/** Checks of the user's own modules that a plan names: whether they are here, and whether they say what they need. */
import path from 'node:path';
import type { OwnModules } from '../../plan/own-modules.ts';
import type { FindManifest } from '../../providers/needs.ts';
import { manifestOf } from '../../providers/registry.ts';
import type { Check } from './check.ts';

/** Finds the manifests of built-in providers and of the modules that were read. */
export function manifestsWith(modules: OwnModules): FindManifest {
  return (use) => {
    const own = modules.get(use);
    return manifestOf(use) ?? (own?.state === 'read' ? (own.manifest ?? undefined) : undefined);
  };
}

export function moduleChecks(modules: OwnModules): Check[] {
  return [...modules].map(([use, found]): Check => {
    const name = path.isAbsolute(use) ? path.relative('.', use) : use;
    if (found.state !== 'read') {
      const todo = 'install it, with what it imports, where the worker runs';
      return { name, state: 'wrong', detail: found.why, todo };
    }
    return found.manifest === null
      ? { name, state: 'unknown', detail: 'says nothing of what it needs: it has no manifest', todo: null }
      : { name, state: 'ok', detail: `is here: ${found.manifest.name}`, todo: null };
  });
}
