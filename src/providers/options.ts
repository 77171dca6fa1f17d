/**
 * Reads the options of a `ProviderRef` by the manifest of its provider.
 * Invariant: a mistake in a plan is a `UserError` that says which provider, which option and what is wrong.
 */
import type { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import type { ProviderRef } from '../domain/plan.ts';
import type { PortManifest } from '../ports/manifest.ts';

/**
 * @param port what the provider is opened for, e.g. `queue`; only used in messages.
 * @throws UserError listing every option that is wrong.
 */
export function parseOptions<S extends z.ZodObject>(
  manifest: PortManifest<S>,
  ref: ProviderRef,
  port: string,
): z.output<S> {
  const { use, ...options } = ref;
  return checked(manifest, options, `providers.${port} (use: ${use})`);
}

/** @param whose names the owner of the options in messages. @throws UserError listing every option that is wrong. */
export function checked<S extends z.ZodObject>(
  manifest: PortManifest<S>,
  options: Readonly<Record<string, unknown>>,
  whose: string,
): z.output<S> {
  const parsed = manifest.options.safeParse(options);
  const faults = parsed.success
    ? (manifest.faults?.(options as z.input<S>) ?? []).map(
        ({ key, message, fix }) => `${key} ${message}; ${fix}`,
      )
    : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new UserError(`${whose}: ${faults.join('; ')}`);
}
