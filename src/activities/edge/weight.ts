/**
 * The second half of a write where a vendor's own weight moves users: the weight follows the edge config that stands, and is read
 * back. Going back it goes first.
 *
 * Invariant: the edge config decides. Whoever sets a weight looks afterwards whether the config is still the one that asked for it,
 * and if not sets what the config says now; so an attempt that comes late puts right what it did.
 */
import { isWrittenBy, sameWeight, shareOn, type EdgeConfig } from '../../domain/edge-config.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ConfigStorePort, TrafficPort, TrafficReading } from '../../ports/index.ts';
import type { Targets } from '../../domain/targets.ts';
import { signal, stillWanted } from '../attempt.ts';
import { ofService } from './store-reads.ts';

/** Of a config what decides a weight. A weight is set under the writer and the generation of the config that asks for it. */
export type Asking = Pick<EdgeConfig, 'to' | 'weightPercent' | 'generation' | 'writer'>;

/** How a weight stands to the edge config that should have set it. */
export type Fit =
  | 'same'
  /** The vendor started anew and lost it. */
  | 'forgotten'
  /** An earlier write of this switch came after a later one. */
  | 'late'
  /** A write of this switch that the config does not show yet: users are on their way back. */
  | 'ahead'
  | 'foreign'
  /** The vendor cannot tell whose it is. */
  | 'unknown';

export function fitOf(
  reading: TrafficReading,
  asking: Omit<Asking, 'writer'>,
  { to, switchId }: Targets,
): Fit {
  if (sameWeight(reading.weightPercent, shareOn(asking, to))) return 'same';
  const { writer, generation } = reading;
  if (writer === null) return 'forgotten';
  if (writer === undefined) return 'unknown';
  if (!isWrittenBy({ writer }, switchId)) return 'foreign';
  return (generation ?? 0) > asking.generation ? 'ahead' : 'late';
}

/** @throws ProviderError kind `reread` when the vendor holds a newer generation */
export function setWeight(
  traffic: TrafficPort,
  { from, to }: Targets,
  asking: Asking,
  within: AbortSignal = signal(),
): Promise<TrafficReading> {
  const { generation, writer } = asking;
  const change = { from, to, weightPercent: shareOn(asking, to), generation };
  return traffic.apply(change, { idempotencyKey: writer, signal: within });
}

export interface Following {
  readonly traffic: TrafficPort;
  readonly store: ConfigStorePort;
  readonly targets: Targets;
}

/**
 * Sets the weight that `asking` wants; nothing is set where it stands already, unless this very write is to set it.
 * @returns the config that stands instead, if another one was written meanwhile; its weight is set then
 */
export async function follow(
  { traffic, store, targets }: Following,
  asking: Asking,
  isItsWrite: boolean,
): Promise<EdgeConfig | null> {
  const fit = fitOf(await traffic.readBack(signal()), asking, targets);
  const isDue = isItsWrite || fit === 'forgotten' || fit === 'late';
  if (!isDue) return null;
  await stillWanted();
  try {
    await setWeight(traffic, targets, asking);
  } catch (cause) {
    const now = await standing(store, targets);
    if (!isReread(cause) || now === null || now.generation === asking.generation) throw cause;
    return now;
  }
  const now = await standing(store, targets);
  if (now === null || now.generation <= asking.generation) return null;
  await setWeight(traffic, targets, now);
  return now;
}

async function standing(store: ConfigStorePort, targets: Targets): Promise<EdgeConfig | null> {
  return ofService(await store.read(signal()), targets);
}

function isReread(cause: unknown): boolean {
  return cause instanceof ProviderError && cause.kind === 'reread';
}
