/**
 * Secrets come from the worker's environment, never from a plan.
 * Invariant: a secret's value never appears in a message, because whatever is read here is known to the redactor.
 */
import { UserError } from '../domain/errors.ts';
import { knowSecret } from '../domain/redact.ts';
import type { ProviderScope } from './provider.ts';

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

const REFERENCE = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Fills `${env:NAME}` in; `whose` names the headers' owner in messages. @throws UserError naming the variable that is not set. */
export function fillHeaders(
  given: Readonly<Record<string, string>> | undefined,
  env: ProviderScope['env'],
  whose: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(given ?? {}).map(([name, value]) => {
    const filled = value.replaceAll(REFERENCE, (_, variable: string) =>
      requireEnv(env, variable, `header ${name} of ${whose} refers to it`),
    );
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(filled)) {
      throw new UserError(`${whose}: header ${name} holds characters that no header can carry`);
    }
    return [name.toLowerCase(), filled] as const;
  });
  return Object.fromEntries(entries);
}
