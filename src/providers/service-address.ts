/** Where a server is and who we are there, from the plan and the worker's environment. */
import { UserError } from '../domain/errors.ts';
import { knowSecret } from '../domain/redact.ts';
import type { ProviderScope } from '../ports/index.ts';
import { requireEnv } from '../ports/secrets.ts';

export interface ServiceAddress {
  /** Without its colon, e.g. `rediss`. */
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** What follows the host, without its slash and decoded; may be empty. */
  readonly path: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export interface AddressForm {
  /** What it is an address of, e.g. `a Redis`. */
  readonly of: string;
  /** The option of the plan that holds it, by its path. */
  readonly option: string;
  readonly schemes: readonly string[];
  /** One for all schemes, or one for each. */
  readonly defaultPort: number | Readonly<Record<string, number>>;
  /** Of what may follow the host. */
  readonly path: RegExp;
  /** How to write it. */
  readonly form: string;
  /** Variables that win over what stands in the address. */
  readonly username: string;
  readonly password: string;
}

/**
 * @param from `url` of the plan, without credentials, or `urlEnv`, the variable that holds it, with or without them
 * @throws UserError that names where the address stands, and never what it is.
 */
export function serviceAddress(
  form: AddressForm,
  from: { readonly url?: string | undefined; readonly urlEnv: string },
  env: ProviderScope['env'],
): ServiceAddress {
  const text = from.url ?? requireEnv(env, from.urlEnv, `address of ${form.of}`);
  const parsed = URL.canParse(text) ? new URL(text) : null;
  const scheme = parsed?.protocol.slice(0, -1) ?? '';
  const path = decoded(parsed?.pathname.replace(/^\//, '') ?? '') ?? '';
  if (parsed === null || parsed.hostname === '' || !form.schemes.includes(scheme) || !form.path.test(path)) {
    const where = from.url === undefined ? from.urlEnv : form.option;
    throw new UserError(`${where} is no address of ${form.of}`, { hint: `write ${form.form}` });
  }
  const password = env[form.password] || decoded(parsed.password);
  knowSecret(password);
  const { defaultPort } = form;
  return {
    scheme,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port) || (typeof defaultPort === 'number' ? defaultPort : (defaultPort[scheme] ?? 0)),
    path,
    username: env[form.username] || decoded(parsed.username),
    password,
  };
}

/** Host and port, as they stand in an address. */
export function authorityOf({ host, port }: Pick<ServiceAddress, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
