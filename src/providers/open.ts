/**
 * Opens the ports that a plan names, one by one.
 *
 * Invariant: the same reference in the same scope is the same port while its switch runs: ports follow files, hold connections and
 * remember what they sent. Thousands of switches may share one worker, so they are closed when it ends or stays away for long.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { UserError } from '../domain/errors.ts';
import type { ProviderRef } from '../domain/plan.ts';
import type {
  CachePort,
  ColorPort,
  CustomGatePort,
  EdgePort,
  EvidencePort,
  NotifyPort,
  Provider,
  ProviderScope,
  QueuePort,
  TelemetryPort,
  WarmupPort,
} from './ports.ts';
import { KeptOpen } from './kept-open.ts';
import { resolveProvider } from './registry.ts';

/** What a `Provider` can be asked to open with a reference and a scope alone. */
interface Opened {
  edge: EdgePort;
  queue: QueuePort;
  warmup: WarmupPort;
  color: ColorPort;
  telemetry: TelemetryPort;
  notify: NotifyPort;
  evidence: EvidencePort;
}

/** A secret is never part of a key. A look may come an hour after the last one, and a file of lines is slow to read anew. */
const opened = new KeptOpen({ idleMs: 90 * 60_000, max: 500 });

/**
 * Opens one port, so that a reference that cannot be opened fails only what needs it.
 * @throws UserError when the provider has no such port or an option is wrong.
 */
export function openPort<N extends keyof Opened>(
  port: N,
  ref: ProviderRef,
  scope: ProviderScope,
): Promise<Opened[N]> {
  return once(port, ref, scope, async () => {
    const provider = await resolveProvider(ref.use);
    const factory = provider[port] as ((ref: ProviderRef, scope: ProviderScope) => Opened[N]) | undefined;
    if (factory === undefined) throw lacks(provider, port);
    return factory(ref, scope);
  });
}

/** The cache port, made with the edge it raises epochs through. @throws UserError as `openPort` does. */
export function openCachePort(
  ref: ProviderRef,
  edgeRef: ProviderRef,
  scope: ProviderScope,
): Promise<CachePort> {
  // A cache port raises the epoch through the edge it was made with, so that edge is part of what it is.
  return once('cache', { use: ref.use, ref, edgeRef }, scope, async () => {
    const provider = await resolveProvider(ref.use);
    if (provider.cache === undefined) throw lacks(provider, 'cache');
    return provider.cache(ref, scope, await openPort('edge', edgeRef, scope));
  });
}

/** The judge of custom gates of one kind. @throws UserError as `openPort` does. */
export function openGatePort(kind: string, scope: ProviderScope): Promise<CustomGatePort> {
  return once('gate', { use: kind }, scope, async () => {
    const provider = await resolveProvider(kind);
    if (provider.gate === undefined) throw lacks(provider, 'gate');
    return provider.gate(scope);
  });
}

function once<T extends object>(
  port: string,
  ref: ProviderRef,
  scope: ProviderScope,
  make: () => Promise<T>,
): Promise<T> {
  const { env: _secrets, ...visible } = scope;
  return opened.get(scope, canonicalJson([port, ref, visible]), make);
}

/** Closes the ports of a service whose switch has ended. */
export function closePorts(scope: Pick<ProviderScope, 'env' | 'service'>): Promise<void> {
  return opened.release(scope);
}

function lacks(provider: Provider, port: string): UserError {
  const has = Object.keys(provider).filter((key) => key !== 'name');
  return new UserError(
    `providers.${port}: "${provider.name}" has no ${port} port (it has: ${has.join(', ')})`,
  );
}
