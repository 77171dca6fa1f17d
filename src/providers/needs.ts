/**
 * What a worker needs for a plan, before anything is opened: environment variables and packages, as the manifests of the plan's
 * providers say. Values are never looked at.
 */
import { portRefs, type Plan, type ProbeRequest, type ProbesPlan, type ProviderRef } from '../domain/plan.ts';
import { PIN_SECRET_VARIABLE } from '../edge/pinned.ts';
import { portManifest, type Manifest, type ManifestPort, type Variable } from '../ports/manifest.ts';
import { manifestOf, MANIFESTS } from './registry.ts';

/** A variable that something of a plan reads. */
export interface Need {
  /** Any one of them will do. */
  readonly oneOf: readonly string[];
  readonly why: string;
  /** False: whatever reads it works without it. */
  readonly isNeeded: boolean;
}

/** Finds the manifest of a provider; undefined when it has none. */
export type FindManifest = (use: string) => Manifest | undefined;

interface Named {
  readonly port: ManifestPort;
  readonly ref: ProviderRef;
}

/** What the engine itself reads, whoever the providers are. */
function ownNeeds(plan: Plan): Need[] {
  const asksByPins = plan.probes.request.via === 'edge' || plan.shadow.replay > 0;
  return [
    { oneOf: [PIN_SECRET_VARIABLE], why: 'signs pins of probes', isNeeded: asksByPins },
    ...requestsOf(plan.probes).flatMap((request) =>
      variablesIn(Object.values(request.headers), 'in headers of probes'),
    ),
    ...plan.customGates.flatMap(({ name, options }) =>
      variablesIn(Object.values(options), `in options of custom gate ${name}`),
    ),
    ...(plan.steps ?? []).flatMap(({ name, do: action, undo }) =>
      variablesIn([action, undo], `in step ${name}`),
    ),
    SIGNING,
  ];
}

function requestsOf({ request, retrieval, dialogs }: ProbesPlan): readonly ProbeRequest[] {
  return [request, retrieval?.request, dialogs?.first, dialogs?.second].filter((one) => one !== undefined);
}

const SIGNING: Need = { oneOf: ['CUTOVER_SIGNING_KEY'], why: 'signs evidence packs', isNeeded: false };

/** `${env:NAME}` in whatever a plan holds. */
function variablesIn(values: readonly unknown[], why: string): Need[] {
  const found = JSON.stringify(values).matchAll(/\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g);
  return [...found].map(([, name = '']) => ({ oneOf: [name], why, isNeeded: true }));
}

/** Every variable that any stage of a plan reads. Without a plan: all that built-in providers may read, none of them needed. */
export function variablesOf(plan: Plan | null, find: FindManifest = manifestOf): readonly Need[] {
  if (plan === null) {
    const all = MANIFESTS.flatMap(({ ports }) => Object.values(ports).flatMap(({ env = [] }) => env));
    return merged([...all.map(({ oneOf, why }) => ({ oneOf, why, isNeeded: false })), SIGNING]);
  }
  const ofProviders = namedIn(plan).flatMap(({ port, ref }) => {
    const manifest = find(ref.use);
    const env = manifest === undefined ? [] : (portManifest(manifest, port)?.env ?? []);
    return env.map((variable) => needOf(variable, ref, plan));
  });
  return merged([...ofProviders, ...ownNeeds(plan)]);
}

/** The manifests of everything that a plan names, each once. */
export function manifestsOf(plan: Plan | null, find: FindManifest = manifestOf): readonly Manifest[] {
  if (plan === null) return MANIFESTS;
  return [...new Set(namedIn(plan).flatMap(({ ref }) => find(ref.use) ?? []))];
}

function namedIn(plan: Plan): readonly Named[] {
  const { notify, ...single } = portRefs(plan.providers);
  return [
    ...Object.entries(single).map(([port, ref]) => ({ port: port as ManifestPort, ref })),
    ...notify.map((ref) => ({ port: 'notify' as const, ref })),
    { port: 'embedder' as const, ref: plan.probes.embedder },
    ...plan.customGates.map(({ kind, options }) => ({
      port: 'gate' as const,
      ref: { ...options, use: kind },
    })),
    ...(plan.steps ?? []).flatMap(({ do: action, undo }) =>
      [action, undo].map((ref) => ({ port: 'step' as const, ref })),
    ),
  ].filter((one): one is Named => one.ref !== null);
}

function needOf(variable: Variable, ref: ProviderRef, plan: Plan): Need {
  const named = variable.namedBy === undefined ? undefined : ref[variable.namedBy];
  return {
    oneOf: typeof named === 'string' ? [named] : variable.oneOf,
    why: variable.why,
    isNeeded: variable.optional !== true && isNow(variable.when, ref, plan),
  };
}

function isNow(when: Variable['when'], ref: ProviderRef, plan: Plan): boolean {
  if (when === undefined) return true;
  if (when === 'retire') return plan.decommission.retire;
  if ('set' in when) return isSet(ref[when.set]);
  return !isSet(ref[when.absent]);
}

/** An option that is switched off is as good as left out. */
function isSet(option: unknown): boolean {
  return option !== undefined && option !== false;
}

/** One entry a variable: needed when anybody needs it, with every reason. */
function merged(needs: readonly Need[]): readonly Need[] {
  const byName = new Map<string, Need>();
  for (const need of needs) {
    const key = need.oneOf.join();
    const known = byName.get(key);
    if (known === undefined) byName.set(key, need);
    else {
      const why = known.why.includes(need.why) ? known.why : `${known.why}; ${need.why}`;
      byName.set(key, { ...known, why, isNeeded: known.isNeeded || need.isNeeded });
    }
  }
  return [...byName.values()];
}
