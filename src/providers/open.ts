/**
 * Opens the ports that a plan names, one by one.
 *
 * Invariant: the same reference in the same scope is the same port while its switch runs: ports follow files, hold connections and
 * remember what they sent. Thousands of switches may share one worker, so they are closed when it ends or stays away for long.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { UserError } from '../domain/errors.ts';
import type { ProviderRef } from '../domain/plan.ts';
import {
  STANDS_ON,
  type Factory,
  type Needs,
  type PortName,
  type Ports,
  type Provider,
  type ProviderScope,
} from '../ports/index.ts';
import { KeptOpen } from '../ports/kept-open.ts';
import { portManifest } from '../ports/manifest.ts';
import { ownManifest } from './own-manifest.ts';
import { parseOptions } from './options.ts';
import { resolveProvider } from './registry.ts';

/** A secret is never part of a key. A look may come an hour after the last one, and a file of lines is slow to read anew. */
const opened = new KeptOpen({ idleMs: 90 * 60_000, max: 500 });

/** The plan's references of ports that others may stand on. */
export type Beside = Readonly<Partial<Record<PortName, ProviderRef | readonly ProviderRef[] | null>>>;

/**
 * Opens one port with what it stands on, so that a reference that cannot be opened fails only what needs it.
 * @param beside the plan's other references
 * @throws UserError when the provider has no such port or an option is wrong.
 */
export function openPort<P extends PortName>(
  port: P,
  ref: ProviderRef,
  scope: ProviderScope,
  beside: Beside = {},
): Promise<Ports[P]> {
  const { env: _secrets, ...visible } = scope;
  const under = STANDS_ON[port].map((name) => [name, beside[name]] as const);
  return opened.get(scope, canonicalJson([port, ref, under, visible]), async () => {
    const provider = await resolveProvider(ref.use);
    checkOptions(port, ref, provider);
    const make: Factory<P> | undefined = factoryOf(provider, port);
    if (make !== undefined) return make(ref, scope, await needsOf(port, scope, beside));
    const part = await partOfEdge(provider, port, ref, scope);
    if (part === undefined) throw lacks(provider, port);
    return part;
  });
}

/** Of a module of the user's own that says its options, as the plan's check reads them. A gate is given its options each time it is asked. */
function checkOptions(port: PortName, ref: ProviderRef, provider: Provider): void {
  if (port === 'gate') return;
  const manifest = ownManifest(ref.use, provider);
  const ofPort = manifest === null ? undefined : portManifest(manifest, port);
  if (ofPort !== undefined) parseOptions(ofPort, ref, port);
}

function factoryOf<P extends PortName>(
  provider: { readonly [N in PortName]?: Factory<N> },
  port: P,
): Factory<P> | undefined {
  return provider[port];
}

/** One of the three of a provider that makes them in one piece. It is the piece that is closed, once. */
async function partOfEdge<P extends PortName>(
  provider: Provider,
  port: P,
  ref: ProviderRef,
  scope: ProviderScope,
): Promise<Ports[P] | undefined> {
  if (provider.edge === undefined || port === 'edge') return undefined;
  const { store, router, traffic } = await openPort('edge', ref, scope);
  const parts: { readonly [N in PortName]?: Ports[N] | undefined } = { store, router, traffic };
  return (parts as { readonly [N in P]?: Ports[N] | undefined })[port];
}

async function needsOf<P extends PortName>(port: P, scope: ProviderScope, beside: Beside): Promise<Needs<P>> {
  const names: readonly PortName[] = STANDS_ON[port];
  const open = await Promise.all(
    names.map(async (name) => {
      const ref = beside[name];
      if (ref === undefined || ref === null || 'length' in ref)
        throw new UserError(`providers.${port} stands on ${name}, and the plan names none`);
      return [name, await openPort(name, ref, scope, beside)];
    }),
  );
  return Object.fromEntries(open) as Needs<P>;
}

/** Closes the ports of a service whose switch has ended, or of every service of an environment. */
export function closePorts(scope: { env: ProviderScope['env']; service?: string }): Promise<void> {
  return opened.release(scope);
}

function lacks(provider: Provider, port: string): UserError {
  const has = Object.keys(provider).filter((key) => key !== 'name' && key !== 'manifest');
  return new UserError(
    `providers.${port}: "${provider.name}" has no ${port} port (it has: ${has.join(', ')})`,
  );
}
