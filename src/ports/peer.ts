/**
 * Packages of vendors, which a user installs only for what a plan names.
 * Invariant: where one is missing, one line says who needs it and which command brings it, before anything of it is loaded.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UserError } from '../domain/errors.ts';
import type { Manifest } from './manifest.ts';

/** What is asked of a package manager: `name@range`. */
export type PackageSpec = string;

/** @param from a folder that it is imported from; left out: cutover itself imports it */
export function isInstalled(name: string, from?: string): boolean {
  try {
    if (from === undefined) import.meta.resolve(name);
    else createRequire(join(from, 'module')).resolve(name);
    return true;
  } catch (cause) {
    // Any other failure is of a package that is there.
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    return code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND';
  }
}

/** Packages that a provider needs and that are not installed here. */
export function missingPackages(
  { packages = {} }: Pick<Manifest, 'packages'>,
  from?: string,
): readonly PackageSpec[] {
  return Object.entries(packages)
    .filter(([name]) => !isInstalled(name, from))
    .map(([name, range]) => `${name}@${range}`);
}

export function installCommand(specs: readonly PackageSpec[]): string {
  return `npm install ${specs.join(' ')}`;
}

/** @throws UserError naming the provider and the command when a package that it needs is not installed. */
export function assertPackages(manifest: Pick<Manifest, 'name' | 'packages'>): void {
  const missing = missingPackages(manifest);
  if (missing.length === 0) return;
  throw new UserError(`"${manifest.name}" needs ${missing.join(', ')}, not installed where the worker runs`, {
    hint: installCommand(missing),
  });
}
