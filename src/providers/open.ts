/**
 * Opens every port that a plan names.
 * Invariant: the same reference in the same scope is the same port, for as long as the process lives: ports follow
 * files, hold connections and remember what they sent, and thousands of switches may share one worker.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { UserError } from '../domain/errors.ts';
import type { Plan, ProviderRef } from '../domain/plan.ts';
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
import { resolveProvider } from './registry.ts';

/** Everything the activities need from the world for one plan. */
export interface Ports {
  readonly edge: EdgePort;
  readonly color: ColorPort;
  readonly queue: QueuePort | null;
  readonly cache: CachePort | null;
  readonly warmup: WarmupPort | null;
  readonly telemetry: TelemetryPort;
  readonly notify: readonly NotifyPort[];
  readonly evidence: EvidencePort;
  /** Judges of the plan's custom gates, by gate kind (`http`, `prometheus`). */
  readonly gates: Readonly<Record<string, CustomGatePort>>;
}

type Environment = ProviderScope['env'];

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

/** Ports by environment object, then by port, reference and scope: a secret is never part of a key. */
const opened = new WeakMap<Environment, Map<string, Promise<unknown>>>();

/**
 * @param env the worker's environment, the only source of secrets.
 * @throws UserError naming the reference that cannot be opened and why.
 */
export async function openPorts(plan: Plan, env: Environment): Promise<Ports> {
  const { providers } = plan;
  const scope = scopeOf(plan, env);
  const kinds = [...new Set(plan.customGates.map((gate) => gate.kind))];
  const [edge, color, queue, cache, warmup, telemetry, evidence, notify, gates] = await Promise.all([
    open('edge', providers.edge, scope),
    open('color', providers.color, scope),
    providers.queue === null ? null : open('queue', providers.queue, scope),
    providers.cache === null ? null : openCache(providers.cache, providers.edge, scope),
    providers.warmup === null ? null : open('warmup', providers.warmup, scope),
    open('telemetry', providers.telemetry, scope),
    open('evidence', providers.evidence, scope),
    Promise.all(providers.notify.map((ref) => open('notify', ref, scope))),
    Promise.all(kinds.map(async (kind) => [kind, await openGate(kind, scope)] as const)),
  ]);
  return { edge, color, queue, cache, warmup, telemetry, notify, evidence, gates: Object.fromEntries(gates) };
}

/** What providers may know of a plan. */
export function scopeOf(plan: Plan, env: Environment): ProviderScope {
  return {
    service: plan.service,
    from: plan.from,
    to: plan.to,
    entry: plan.entry,
    colorUrls: { blue: plan.colors.blue.url, green: plan.colors.green.url },
    env,
  };
}

function open<N extends keyof Opened>(port: N, ref: ProviderRef, scope: ProviderScope): Promise<Opened[N]> {
  return once(port, ref, scope, async () => {
    const provider = await resolveProvider(ref.use);
    const factory = provider[port] as ((ref: ProviderRef, scope: ProviderScope) => Opened[N]) | undefined;
    if (factory === undefined) throw lacks(provider, port);
    return factory(ref, scope);
  });
}

function openCache(ref: ProviderRef, edgeRef: ProviderRef, scope: ProviderScope): Promise<CachePort> {
  // A cache port raises the epoch through the edge it was made with, so that edge is part of what it is.
  return once('cache', { use: ref.use, ref, edgeRef }, scope, async () => {
    const provider = await resolveProvider(ref.use);
    if (provider.cache === undefined) throw lacks(provider, 'cache');
    return provider.cache(ref, scope, await open('edge', edgeRef, scope));
  });
}

function openGate(kind: string, scope: ProviderScope): Promise<CustomGatePort> {
  return once('gate', { use: kind }, scope, async () => {
    const provider = await resolveProvider(kind);
    if (provider.gate === undefined) throw lacks(provider, 'gate');
    return provider.gate(scope);
  });
}

function once<T>(port: string, ref: ProviderRef, scope: ProviderScope, make: () => Promise<T>): Promise<T> {
  const ofEnv = opened.get(scope.env) ?? new Map<string, Promise<unknown>>();
  opened.set(scope.env, ofEnv);
  const { env: _secrets, ...visible } = scope;
  const key = canonicalJson([port, ref, visible]);
  const known = ofEnv.get(key);
  if (known !== undefined) return known as Promise<T>;
  const made = make();
  ofEnv.set(key, made);
  // A missing variable or package can be mended while the worker runs: a failure is not remembered.
  made.catch(() => ofEnv.delete(key));
  return made;
}

function lacks(provider: Provider, port: string): UserError {
  const has = Object.keys(provider).filter((key) => key !== 'name');
  return new UserError(
    `providers.${port}: "${provider.name}" has no ${port} port (it has: ${has.join(', ')})`,
  );
}
