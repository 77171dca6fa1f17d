/**
 * The way back for users: one write over whatever stands there, tried until it stands, and read back as far as that works. Where a
 * vendor's own weight moves users, that weight goes first.
 *
 * Invariant: it needs the store and that weight, and nothing else. What cannot be read back on the way to the routers is said, not waited for; and
 * what is left running of an older switch never writes over a later one.
 */
import { ApplicationFailure } from '@temporalio/activity';
import {
  firstConfig,
  isOfLaterSwitch,
  nextEdgeConfig,
  satisfies,
  type EdgeConfig,
  type EdgeConfigPatch,
} from '../../domain/edge-config.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { FailureType } from '../../domain/failure-type.ts';
import type { ConfigStorePort, TrafficPort } from '../../ports/index.ts';
import type { Targets } from '../../domain/targets.ts';
import { signal, stillWanted, writeContext } from '../attempt.ts';
import { ofService, pause, TRIES, type StoreReads } from './store-reads.ts';
import { setWeight } from './weight.ts';

/** Longest wait for a store's answer before what it holds is looked at again; then for reading back what it was found to hold. */
const ANSWER_MS = 4000;
const READ_BACK_MS = 1000;

export interface Restored {
  readonly config: EdgeConfig;
  readonly unconfirmed: string | null;
}

/**
 * Written even where it changes nothing: a forward write still on its way must find another generation than its own.
 * @throws ApplicationFailure `Overtaken`; ProviderError when the store did not take it in this attempt.
 */
export async function restore(
  { store, traffic }: { readonly store: ConfigStorePort; readonly traffic: TrafficPort | null },
  reads: StoreReads,
  {
    targets,
    step,
    patch,
    stored,
    newest,
  }: {
    targets: Targets;
    step: string;
    patch: EdgeConfigPatch;
    stored: EdgeConfig | null;
    /** Largest generation that the caller knows of. */
    newest: number;
  },
): Promise<Restored> {
  const writer = `${targets.switchId}/${step}`;
  const wanted = { ...patch, switchStartedMs: targets.startedMs };
  let current = ofService(stored, targets) ?? firstConfig(targets);
  let above = reads.newest(targets, newest);
  let jumps = true;
  for (let attempt = 1; ; attempt += 1) {
    if (isOfLaterSwitch(current, targets)) throw overtaken(current);
    const isDone = current.writer === writer && satisfies(current, wanted);
    // A repeated write stores nothing, but is read back again.
    const next = isDone ? current : nextEdgeConfig(current, wanted, writer, jumps ? above : 0);
    const key = `${step}/${next.generation}`;
    await stillWanted();
    let written: EdgeConfig | null = null;
    // Users first: the config comes after them, or `to` would refuse writes of users that are still there.
    if (traffic !== null && !(await bringBack(traffic, targets, next))) {
      if (attempt === TRIES) throw newer(next);
      await pause(attempt);
      // It may be of a config that the store has lost since.
      above = Math.max(above, (await traffic.readBack(signal())).generation ?? 0);
      jumps = true;
      current = ofService(await store.read(signal()), targets) ?? firstConfig(targets);
      continue;
    }
    try {
      const config = await bounded(isDone ? READ_BACK_MS : ANSWER_MS, (within) =>
        store.compareAndSet(next, {
          ...writeContext(targets, key),
          signal: within,
          ...(isDone ? {} : { follows: current.generation }),
        }),
      );
      reads.note(targets, config.generation);
      written = config;
    } catch (cause) {
      signal().throwIfAborted();
      if (isDone && !isReread(cause)) return { config: current, unconfirmed: textOf(cause) };
      if (attempt === TRIES) throw cause;
      // Whoever writes in between, users go back: read again and write over it.
      if (isReread(cause)) await pause(attempt);
      // An answer may be lost after the write was taken: what stands decides.
      const now = ofService(await store.read(signal()), targets) ?? firstConfig(targets);
      if (!isReread(cause) && now.writer !== writer) throw cause;
      // Nobody else wrote: it may be a store of one's own that knows no `follows`. Users go back under the next number then.
      jumps = !(jumps && now.generation === current.generation);
      current = now;
    }
    if (written === null) continue;
    // A forward write may have come between the two.
    if (traffic !== null && !(await bringBack(traffic, targets, written))) throw newer(written);
    return { config: written, unconfirmed: null };
  }
}

/**
 * Set even where it stands already: a forward write still on its way must find a newer generation than its own.
 * @returns false when the vendor holds a newer one
 */
async function bringBack(traffic: TrafficPort, targets: Targets, config: EdgeConfig): Promise<boolean> {
  try {
    await bounded(ANSWER_MS, (within) => setWeight(traffic, targets, config, within));
    return true;
  } catch (cause) {
    if (isReread(cause)) return false;
    throw cause;
  }
}

function newer({ generation }: EdgeConfig): ProviderError {
  return new ProviderError('retry', 'traffic', `it holds a newer generation than ${generation}`);
}

function overtaken({ writer, generation }: EdgeConfig): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `not written: a later switch has the edge (generation ${generation} by ${writer}); roll that one back instead`,
    'Overtaken' satisfies FailureType,
  );
}

function isReread(cause: unknown): boolean {
  return cause instanceof ProviderError && cause.kind === 'reread';
}

async function bounded<T>(forMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(forMs);
  try {
    return await call(AbortSignal.any([signal(), late]));
  } catch (cause) {
    if (!late.aborted) throw cause;
    throw new ProviderError('retry', 'edge', `no answer within ${forMs} ms`, { cause });
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
