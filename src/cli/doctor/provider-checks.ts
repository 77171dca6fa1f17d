/**
 * Asks every provider of a plan: reached, let in, what the plan names is there, and what it says it can do.
 * Invariant: nothing is changed; one that hangs costs no more than the patience of one check, and none of the others.
 */
import { ProviderError, UserError } from '../../domain/errors.ts';
import { portRefs, type Plan, type ProviderRef } from '../../domain/plan.ts';
import { redact } from '../../domain/redact.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { closePorts, openPort, type Beside } from '../../providers/open.ts';
import { scopeOf } from '../../providers/service-env.ts';
import { READS, type ReadPort } from '../provider-reads.ts';
import type { Check } from './check.ts';

const PATIENCE_MS = 20_000;

export async function* providerChecks(
  plan: Plan,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const scope = scopeOf(plan, env);
  const refs = portRefs(plan.providers);
  try {
    const named = (Object.keys(READS) as ReadPort[]).flatMap((port) => {
      const ref = refs[port];
      return ref === null || ref === undefined ? [] : [{ port, ref }];
    });
    const asked = named.map(async ({ port, ref }) => ask(port, ref, { plan, scope, refs, signal }));
    // An abort ends all of them: one tells, and the others that nobody waits for would end the process.
    for (const one of asked) one.catch(() => undefined);
    for (const one of asked) yield await one;
    for (const ref of plan.providers.notify) yield await opened(ref, scope, signal);
  } finally {
    await closePorts(scope);
  }
}

export interface Asking {
  readonly plan: Plan;
  readonly scope: ProviderScope;
  readonly refs: Beside;
  readonly signal: AbortSignal;
}

/** One port, asked once. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties what is opened to what reads it
export async function ask<P extends ReadPort>(
  port: P,
  ref: ProviderRef,
  { plan, scope, refs, signal }: Asking,
): Promise<Check> {
  return checked(`${port} ${ref.use}`, signal, async (within) => ({
    state: 'ok',
    detail: await READS[port](await openPort(port, ref, scope, refs), plan, within),
  }));
}

/** A message to nobody in particular would be sent, so it is not tried. */
async function opened(ref: ProviderRef, scope: ProviderScope, signal: AbortSignal): Promise<Check> {
  return checked(`notify ${ref.use}`, signal, async () => {
    await openPort('notify', ref, scope);
    return { state: 'unknown', detail: 'opened; nobody is told for a check' };
  });
}

async function checked(
  name: string,
  signal: AbortSignal,
  read: (within: AbortSignal) => Promise<Pick<Check, 'state' | 'detail'>>,
): Promise<Check> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const late = new Promise<never>((_, reject) => {
    within.addEventListener('abort', () => {
      reject(new ProviderError('retry', name, `no answer within ${PATIENCE_MS / 1000} s`));
    });
  });
  late.catch(() => undefined);
  try {
    return { name, todo: null, ...(await Promise.race([read(within), late])) };
  } catch (cause) {
    signal.throwIfAborted();
    const [detail = ''] = redact(cause instanceof Error ? cause.message : String(cause)).split('\n');
    return { name, state: 'wrong', detail, todo: todoOf(cause) };
  }
}

function todoOf(cause: unknown): string {
  if (cause instanceof UserError && cause.hint !== undefined) return cause.hint;
  return cause instanceof ProviderError && cause.kind === 'retry'
    ? 'make it reachable from here as from the worker'
    : 'correct the plan, or what is set in the environment';
}
