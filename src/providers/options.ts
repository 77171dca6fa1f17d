/**
 * Reads the options of a `ProviderRef` and the secrets that options name.
 * Invariant: a mistake in a plan is a `UserError` that says which provider, which option and what is wrong;
 * a secret's value never appears in a message, because whatever is read here is known to the redactor.
 */
import type { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { knowSecret } from '../domain/redact.ts';
import type { ProviderRef } from '../domain/plan.ts';

/**
 * @param port what the provider is opened for, e.g. `queue`; only used in messages.
 * @throws UserError listing every option that is wrong.
 */
export function parseOptions<T extends z.ZodType>(schema: T, ref: ProviderRef, port: string): z.output<T> {
  const parsed = schema.safeParse(ref);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  throw new UserError(`providers.${port} (use: ${ref.use}): ${faults.join('; ')}`);
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
