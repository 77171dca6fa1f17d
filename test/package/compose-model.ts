/** docker-compose.yml and Dockerfile as an engine would understand them, and what would go wrong there. */
import { parse } from 'yaml';

export interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network_mode?: string;
  readonly working_dir?: string;
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export function readCompose(text: string): Compose {
  return parse(text) as Compose;
}

/** `temporalio/temporal` adds a user with this id and runs as it; a `node` image has one of the same id. */
const IMAGE_USER = 1000;

export function userOf(service: Service, dockerfile: string): number {
  if (service.user !== undefined) return Number(service.user);
  if (service.image?.startsWith('temporalio/temporal:') === true) return IMAGE_USER;
  const user = [...dockerfile.matchAll(/^USER (\S+)/gm)].at(-1)?.[1];
  return user === undefined || user === 'root' ? 0 : user === 'node' ? IMAGE_USER : Number(user);
}

export const mountsOf = (service: Service): { volume: string; path: string }[] =>
  (service.volumes ?? []).map((one) => {
    const [volume = '', path = ''] = one.split(':');
    return { volume, path };
  });

export const needsOf = (service: Service): readonly [string, string][] =>
  Array.isArray(service.depends_on)
    ? service.depends_on.map((name: string): [string, string] => [name, 'service_started'])
    : Object.entries(service.depends_on ?? {}).map(([name, { condition }]) => [name, condition]);

/** `${NAME:?why}` and `${NAME:-default}` filled in. */
export function fill(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g,
    (_, name: string, how: string, rest: string) => {
      const value = env[name] ?? '';
      if (value !== '') return value;
      if (how === '-') return rest;
      throw new Error(`${name} must be set${rest === undefined ? '' : `: ${rest}`}`);
    },
  );
}

/** What would fail on an engine, each as one line. */
export function faultsOf(compose: Compose, dockerfile: string): string[] {
  const services = Object.entries(compose.services);
  const faults: string[] = [];
  for (const [name, service] of services) {
    const uid = userOf(service, dockerfile);
    for (const { volume, path } of mountsOf(service)) {
      if (uid !== 0 && !isGiven(compose, service, { volume, uid })) {
        faults.push(`${name} runs as ${uid} and cannot write ${path}: a new volume is root's`);
      }
    }
    const base = service.environment?.['CLOUDFLARE_BASE_URL'];
    if (base !== undefined && !fill(base, {}).endsWith('/cdn-cgi/explorer/api')) {
      faults.push(`${name}: CLOUDFLARE_BASE_URL is not the address of the local explorer's API`);
    }
    const host = service.environment?.['SAMPLE_HOST'];
    if (service.command?.some((word) => word.endsWith('serve.js')) === true) {
      const owner = compose.services[service.network_mode?.replace('service:', '') ?? ''] ?? service;
      const published = (owner.ports ?? []).map((port) => port.split(':').at(-1));
      for (const port of (service.environment?.['SAMPLE_PORTS'] ?? '').split(',')) {
        if (port === '' || !published.includes(port))
          faults.push(`${name}: its port ${port} is not published`);
      }
      if (host !== '0.0.0.0') faults.push(`${name}: a published port does not reach a listener on loopback`);
    }
  }
  const isSlim = /^FROM \S+-slim/m.test(dockerfile);
  if (isSlim && !/apt-get install[^\n]*ca-certificates/.test(dockerfile)) {
    faults.push('the image has no CA bundle: no TLS can be checked');
  }
  return faults;
}

/** Whether a service that ends before this one starts gives the volume to its user. */
function isGiven(compose: Compose, service: Service, wanted: { volume: string; uid: number }): boolean {
  const givers = before(compose, service);
  return givers.some((giver) => {
    const words = giver.entrypoint ?? [];
    const path = mountsOf(giver).find((one) => one.volume === wanted.volume)?.path;
    return (
      words[0] === 'chown' && words[1]?.startsWith(`${wanted.uid}:`) === true && words.includes(path ?? '-')
    );
  });
}

/** Services that are known to have ended, or run, before this one starts. */
function before(compose: Compose, service: Service): Service[] {
  return needsOf(service).flatMap(([name]) => {
    const other = compose.services[name];
    return other === undefined ? [] : [other, ...before(compose, other)];
  });
}
