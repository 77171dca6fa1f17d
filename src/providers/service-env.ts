/** Secrets of one service: a worker that serves many need not hold one token that opens all of their edges. */
import type { Plan } from '../domain/plan.ts';
import { knowSecret } from '../domain/redact.ts';
import type { ProviderScope } from '../ports/index.ts';

type Env = ProviderScope['env'];

/** Variables that may be given for one service alone, as `<NAME>_<SERVICE>`: upper case, all else than letters and digits as `_`. */
const OF_A_SERVICE = ['CUTOVER_ADMIN_TOKEN', 'CUTOVER_COLOR_TOKEN', 'CUTOVER_PIN_SECRET'] as const;

/**
 * The environment as a service's providers see it. The same object for the same service each time, since what is opened is kept by it.
 */
export function serviceEnvironments(env: Env): (service: string) => Env {
  const known = new Map<string, Env>();
  // Their names end with the service's, so that nothing else takes them for secrets.
  for (const [name, value] of Object.entries(env)) {
    if (OF_A_SERVICE.some((one) => name.startsWith(`${one}_`))) knowSecret(value);
  }
  return (service) => {
    const suffix = service.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
    const own = OF_A_SERVICE.filter((name) => (env[`${name}_${suffix}`] ?? '') !== '');
    if (own.length === 0) return env;
    const made = known.get(suffix) ?? {
      ...env,
      ...Object.fromEntries(own.map((name) => [name, env[`${name}_${suffix}`]])),
    };
    known.set(suffix, made);
    return made;
  };
}

/** Where the providers of a plan are opened without a worker, by a command. */
export function scopeOf({ service, from, to, entry, colors }: Plan, env: Env): ProviderScope {
  return {
    service,
    from,
    to,
    entry,
    colorUrls: { blue: colors.blue.url, green: colors.green.url },
    env: serviceEnvironments(env)(service),
  };
}
