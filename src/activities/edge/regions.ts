/**
 * Whether every region serves what was written: exactly that, and not merely something as new.
 *
 * Invariant: a region that cannot be asked is never counted as agreeing, and one that serves another's write is named.
 */
import { isWrittenBy, type EdgeConfig } from '../../domain/edge-config.ts';
import type { EdgePort, RegionObservation } from '../../ports/index.ts';
import type { SeenByRegions, Targets } from '../api.ts';
import { poll, signal } from '../attempt.ts';
import type { World } from '../world.ts';
import { ofService } from './store-reads.ts';

const OBSERVE_EVERY_MS = 100;
const MAX_OBSERVE_MS = 5000;

export interface Written {
  readonly generation: number;
  readonly weightPercent: number;
}

/** How an attempt that only waits for regions marks itself for the next one. */
export interface Observing {
  readonly sinceMs: number;
}

export function observed(
  world: World,
  edge: EdgePort,
  { targets, written, withinMs }: { targets: Targets; written: Written; withinMs: number },
): Promise<SeenByRegions & { readonly standing: EdgeConfig | null }> {
  return poll<Observing, SeenByRegions & { standing: EdgeConfig | null }>(
    world,
    OBSERVE_EVERY_MS,
    () => ({ sinceMs: world.now() }),
    async (state, nowMs) => {
      const regions = await edge.observe(signal());
      const foreign = regions.filter((one) => isForeign(one, written, targets));
      const behind = regions.filter((one) => isBehind(one, written));
      const seen = foreign.length + behind.length === 0;
      // Who wrote what that region serves is the store's to say: it may be another store's region.
      const standing = foreign.length === 0 ? null : ofService(await edge.read(signal()), targets);
      const result = {
        seen,
        behind: behind.map(({ region }) => region),
        foreign: foreign.map(({ region }) => region),
        detail: seen
          ? `${regions.length} region(s) serve generation ${written.generation}`
          : [...foreign.map(otherWrite), ...behind.map(lag)].join('; '),
        standing: standing !== null && isOther(standing, written, targets) ? standing : null,
      };
      const waitedMs = nowMs - state.sinceMs;
      if (seen || result.standing !== null || waitedMs > withinMs) return { done: result };
      // Quick at first, when it matters; a region that takes minutes is not asked ten times a second.
      const afterMs = Math.min(MAX_OBSERVE_MS, Math.max(OBSERVE_EVERY_MS, waitedMs / 4));
      const why = `generation ${written.generation} is not yet seen by ${result.detail}`;
      return { next: state, why, afterMs };
    },
  );
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

function isOther(standing: EdgeConfig, { generation }: Written, { switchId }: Targets): boolean {
  return standing.generation !== generation || !isWrittenBy(standing, switchId);
}

/** Weights have steps of 0.001 %. */
function sameWeight(a: number | null, b: number): boolean {
  return a !== null && Math.abs(a - b) < 0.0005;
}

function otherWrite({ region, generation, weightPercent, writer }: RegionObservation): string {
  const by = writer === undefined ? '' : ` by ${writer}`;
  return `${region} serves another write: generation ${generation ?? 'none'}, ${weightPercent ?? '?'} %${by}`;
}

function lag({ region, generation, error }: RegionObservation): string {
  return `${region}: ${error ?? `generation ${generation ?? 'none'}`}`;
}
