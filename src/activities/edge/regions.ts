/**
 * Whether every region serves what was written: exactly that, and not merely something as new.
 *
 * Invariant: a region that cannot be asked is never counted as agreeing, and one that serves another's write is named.
 */
import { isWrittenBy, nextEdgeConfig, sameWeight, type EdgeConfig } from '../../domain/edge-config.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ConfigStorePort, RegionObservation, RouterPort, TrafficPort } from '../../ports/index.ts';
import type { SeenByRegions } from '../edge-api.ts';
import type { Targets } from '../../domain/targets.ts';
import { poll, signal, stillWanted } from '../attempt.ts';
import type { World } from '../world.ts';
import { ofService, type StoreReads } from './store-reads.ts';
import { fitOf, follow } from './weight.ts';

const OBSERVE_EVERY_MS = 100;
const MAX_OBSERVE_MS = 5000;
/** Regions that are behind for so long may wait for what the store has lost. */
const PERHAPS_LOST_MS = 1000;

export interface EdgeParts {
  readonly store: ConfigStorePort;
  readonly router: RouterPort;
  /** Null where the router moves users. */
  readonly traffic: TrafficPort | null;
}

export type Written = Pick<EdgeConfig, 'generation' | 'weightPercent' | 'to'>;

/** How a vendor's own weight is named beside the regions. */
export const TRAFFIC = 'the traffic';

export interface Seeing extends SeenByRegions {
  /** The config that stands in place of what was written; null while that stands. */
  readonly standing: EdgeConfig | null;
  /** The store had it and keeps to an older one. */
  readonly isLost: boolean;
}

/** How an attempt that only waits for regions marks itself for the next one. */
export interface Observing {
  readonly sinceMs: number;
}

export function observed(
  world: World,
  edge: EdgeParts & { readonly reads: StoreReads },
  {
    targets,
    written,
    withinMs,
    isWayBack = false,
  }: { targets: Targets; written: Written; withinMs: number; isWayBack?: boolean },
): Promise<Seeing> {
  return poll<Observing, Seeing>(
    world,
    OBSERVE_EVERY_MS,
    () => ({ sinceMs: world.now() }),
    async (state, nowMs) => {
      const regions = [...(await edge.router.observe(signal())), ...(await weightOf(edge, written, targets))];
      const foreign = regions.filter((one) => isForeign(one, written, targets));
      const behind = regions.filter((one) => isBehind(one, written));
      await overtake(edge, regions, targets, { written, isWayBack });
      const seen = foreign.length + behind.length === 0;
      // Who wrote what that region serves is the store's to say: it may be another store's region.
      const standing = foreign.length === 0 ? null : ofService(await edge.store.read(signal()), targets);
      const result = {
        seen,
        behind: behind.map(({ region }) => region),
        foreign: foreign.map(({ region }) => region),
        detail: seen
          ? `${regions.length - (edge.traffic === null ? 0 : 1)} region(s) serve generation ${written.generation}`
          : [...foreign.map(otherWrite), ...behind.map(lag)].join('; '),
        standing: standing !== null && isOther(standing, written, targets) ? standing : null,
        isLost: false,
      };
      const waitedMs = nowMs - state.sinceMs;
      const isTaken = result.standing !== null || result.foreign.includes(TRAFFIC);
      if (seen || isTaken || waitedMs > withinMs) return { done: result };
      const isAsked = behind.length > 0 && waitedMs >= PERHAPS_LOST_MS;
      if (isAsked && (await edge.reads.wentBack(edge.store, targets, written.generation)))
        return { done: { ...result, isLost: true } };
      // Quick at first, when it matters; a region that takes minutes is not asked ten times a second.
      const afterMs = Math.min(MAX_OBSERVE_MS, Math.max(OBSERVE_EVERY_MS, waitedMs / 4));
      const why = `generation ${written.generation} is not yet seen by ${result.detail}`;
      return { next: state, why, afterMs };
    },
  );
}

/**
 * A region may serve a write that the store has lost since, and never goes back: what stands is written once more, above the number that
 * it knows. On the way back whoever wrote it: the run that did may be dead, and users are not left where it sent them.
 */
async function overtake(
  { store, reads }: EdgeParts & { readonly reads: StoreReads },
  regions: readonly RegionObservation[],
  targets: Targets,
  { written, isWayBack }: { written: Written; isWayBack: boolean },
): Promise<void> {
  const isOurs = ({ writer = '' }: { writer?: string }): boolean => isWrittenBy({ writer }, targets.switchId);
  const lost = regions.filter(
    (one) =>
      (isOurs(one) || (isWayBack && one.writer !== undefined && one.region !== TRAFFIC)) &&
      // A number that no store takes is a lie, and nothing can be written above it.
      Number.isSafeInteger((one.generation ?? 0) + 1) &&
      ((one.generation ?? 0) > written.generation || isForeign(one, written, targets)),
  );
  if (lost.length === 0) return;
  const standing = ofService(await store.read(signal()), targets);
  if (standing === null || !isOurs(standing)) return;
  const isAbove = ({ generation, writer }: RegionObservation): boolean =>
    (generation ?? 0) > standing.generation ||
    (generation === standing.generation && writer !== standing.writer);
  const known = Math.max(0, ...lost.filter(isAbove).map(({ generation }) => generation ?? 0));
  if (known === 0) return;
  await stillWanted();
  // A store that knows no `follows` takes only the next number: it comes above what the region serves one by one.
  for (const above of [reads.newest(targets, known), 0]) {
    const next = nextEdgeConfig(standing, {}, standing.writer, above);
    try {
      const idempotencyKey = `${next.writer}/${next.generation}`;
      await store.compareAndSet(next, { idempotencyKey, signal: signal(), follows: standing.generation });
      reads.note(targets, next.generation);
      return;
    } catch (cause) {
      // Or somebody wrote in between: the next look tells.
      if (!(cause instanceof ProviderError) || cause.kind !== 'reread') throw cause;
    }
  }
}

/** A vendor's own weight, told like one more region: it has to come to what was written too. */
async function weightOf(
  { traffic, store }: EdgeParts,
  written: Written,
  targets: Targets,
): Promise<RegionObservation[]> {
  if (traffic === null) return [];
  const reading = await traffic.readBack(signal());
  const fit = fitOf(reading, written, targets);
  const { generation } = written;
  const told = { region: TRAFFIC, weightPercent: reading.weightPercent, error: null };
  // The config may go the other way; its own weight is what regions are compared with.
  if (fit === 'same') return [{ ...told, generation, weightPercent: written.weightPercent }];
  if (fit === 'foreign') return [{ ...told, generation, writer: reading.writer ?? '' }];
  if (fit === 'forgotten' || fit === 'late') {
    const now = ofService(await store.read(signal()), targets);
    if (now !== null && isWrittenBy(now, targets.switchId))
      await follow({ traffic, store, targets }, now, true);
  }
  return [{ ...told, generation: null, error: `its weight is ${reading.weightPercent} %` }];
}

/** Serves what somebody else wrote, as far as its router can tell. */
function isForeign(one: RegionObservation, written: Written, { switchId }: Targets): boolean {
  if (isBehind(one, written)) return false;
  if (!sameWeight(one.weightPercent, written.weightPercent)) return true;
  // Only a later write of this same switch, which left the weight alone, may stand above ours (a cache that it emptied).
  return one.writer === undefined
    ? one.generation !== written.generation
    : !isWrittenBy({ writer: one.writer }, switchId);
}

function isBehind({ generation, error }: RegionObservation, written: Written): boolean {
  return error !== null || generation === null || generation < written.generation;
}

/** As with regions: a later write of this same switch that left the weight alone is not another's. */
function isOther(standing: EdgeConfig, written: Written, { switchId }: Targets): boolean {
  if (!isWrittenBy(standing, switchId) || standing.generation < written.generation) return true;
  return !sameWeight(standing.weightPercent, written.weightPercent);
}

function otherWrite({ region, generation, weightPercent, writer }: RegionObservation): string {
  const by = writer === undefined ? '' : ` by ${writer}`;
  return `${region} serves another write: generation ${generation ?? 'none'}, ${weightPercent ?? '?'} %${by}`;
}

function lag({ region, generation, error }: RegionObservation): string {
  return `${region}: ${error ?? `generation ${generation ?? 'none'}`}`;
}
