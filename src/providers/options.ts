/**
 * Reads the options of a `ProviderRef` by the manifest of its provider, and the secrets that options name.
 * Invariant: a mistake in a plan is a `UserError` that says which provider, which option and what is wrong;
 * a secret's value never appears in a message, because whatever is read here is known to the redactor.
 */
import type { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { knowSecret } from '../domain/redact.ts';
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

/** @throws UserError naming the variable when it is missing or empty. */
export function requireEnv(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  why: string,
): string {
  const value = env[name];
  if (value !== undefined && value !== '') {
    knowSecret(value);
    return value;
  }
  throw new UserError(`${name} is not set in the worker's environment: ${why}`, {
    hint: `export ${name} where the worker runs; secrets are never written in a plan`,
  });
}
