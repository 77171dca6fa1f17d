/**
 * Reads what a module of the user's own says of itself, for the plan's check and for `doctor`.
 * Invariant: it executes the module, as a worker would; whatever it does wrong comes back as one line.
 */
import { UserError } from '../domain/errors.ts';
import type { Manifest } from '../ports/manifest.ts';
import { ownManifest } from './own-manifest.ts';
import { NoProviderError, resolveProvider } from './registry.ts';

export type OwnModule =
  /** `manifest`: null where it says nothing of itself. */
  | { readonly state: 'read'; readonly manifest: Manifest | null }
  /** It, or a package that it imports, is not installed here. */
  | { readonly state: 'missing'; readonly why: string }
  /** A worker could not use it either. */
  | { readonly state: 'broken'; readonly why: string; readonly fix: string };

/**
 * @param use a path or a package, looked up from `folder`
 * @param waitMs how long it may take to load; tests wait shorter
 */
export async function readOwnModule(use: string, folder: string, waitMs?: number): Promise<OwnModule> {
  try {
    return { state: 'read', manifest: ownManifest(use, await resolveProvider(use, folder, waitMs)) };
  } catch (cause) {
    if (cause instanceof NoProviderError) return { state: 'missing', why: cause.message };
    if (cause instanceof UserError) {
      return { state: 'broken', why: cause.message, fix: cause.hint ?? 'mend the module' };
    }
    throw cause;
  }
}
