/**
 * The edge config: the one small document that the router at the edge and the application read.
 *
 * Invariant: every write is a compare-and-set on `generation`, which only grows. A late writer from a dead
 * attempt therefore cannot win, whatever it carries. A number that a store has lost again is left out: routers may still serve it.
 */
import type { Color } from './color.ts';

/** `open`: reads and writes. `read-only`: writes are refused and counted as late. */
export type WriteMode = 'open' | 'read-only';

/** `weight`: users are bucketed by a sticky hash. `header`: only signed cohorts see `to` until the flip. */
export type Topology = 'weight' | 'header';

export interface EdgeConfig {
  readonly schema: 1;
  readonly service: string;
  /** Counter of writes; 0 means never written. */
  readonly generation: number;
  /** Who wrote this generation: `<workflow run id>/<step>`. */
  readonly writer: string;
  /**
   * When the switch that wrote this began (epoch ms, by the Temporal server's clock). Orders the switches of a service: what is left
   * running of an older one never writes over a later one. Absent when nothing but a person ever wrote.
   */
  readonly switchStartedMs?: number;
  /** Hash salt: fixed for a whole switch (re-salting re-deals users mid-dialog), new for each release. */
  readonly salt: string;
  readonly from: Color;
  readonly to: Color;
  readonly topology: Topology;
  /** Percent of sticky users on `to`, 0 to 100 in steps of 0.001. */
  readonly weightPercent: number;
  /** Cohorts (topology `header`) that are sent to `to`. */
  readonly cohorts: readonly string[];
  readonly writes: Readonly<Record<Color, WriteMode>>;
  /**
   * Write freeze as a lease: until this instant (epoch ms) writes on `from`, and enqueues on both colors,
   * are refused. Past it the freeze is void by itself, so a dead workflow cannot leave the world frozen.
   */
  readonly freezeUntilMs: number | null;
  /** The color whose job queue producers write to. */
  readonly producer: Color;
  /** Cache namespace epoch of each color; part of every cache key, so raising it empties the namespace at once. */
  readonly cacheEpoch: Readonly<Record<Color, number>>;
  readonly releases: Readonly<Record<Color, string>>;
}

/** What stands before anything was written: everybody on `from`. */
export function firstConfig({ service, from, to }: Pick<EdgeConfig, 'service' | 'from' | 'to'>): EdgeConfig {
  return {
    schema: 1,
    service,
    generation: 0,
    writer: '',
    salt: '',
    from,
    to,
    topology: 'weight',
    weightPercent: 0,
    cohorts: [],
    writes: { blue: 'open', green: 'open' },
    freezeUntilMs: null,
    producer: from,
    cacheEpoch: { blue: 0, green: 0 },
    releases: { blue: '', green: '' },
  };
}

/** What a writer changes; the rest is carried over from the generation it was computed from. */
export type EdgeConfigPatch = Partial<Omit<EdgeConfig, 'schema' | 'service' | 'generation' | 'writer'>>;

/** @param newest generation that is known to have been stored: a store may have lost it, and no number is given twice. */
export function nextEdgeConfig(
  current: EdgeConfig,
  patch: EdgeConfigPatch,
  writer: string,
  newest = 0,
): EdgeConfig {
  return { ...current, ...patch, generation: Math.max(current.generation, newest) + 1, writer };
}

/** True when `current` already says everything `patch` asks for; a retried write is then done. */
export function satisfies(current: EdgeConfig, patch: EdgeConfigPatch): boolean {
  return Object.entries(patch).every(([field, wanted]) => same(current[field as keyof EdgeConfig], wanted));
}

/** True when `config` was written by a switch that began after the one of `run`. */
export function isOfLaterSwitch(config: EdgeConfig, run: { switchId: string; startedMs: number }): boolean {
  return (config.switchStartedMs ?? 0) > run.startedMs && !isWrittenBy(config, run.switchId);
}

export function isWrittenBy({ writer }: Pick<EdgeConfig, 'writer'>, switchId: string): boolean {
  return writer.startsWith(`${switchId}/`);
}

/** Share of users on `to`, whichever way the document itself goes. */
export function shareOn(config: Pick<EdgeConfig, 'to' | 'weightPercent'>, to: Color): number {
  return config.to === to ? config.weightPercent : 100 - config.weightPercent;
}

/** Who has moved, for people. @param unit of a weight */
export function movedSaid(
  { topology, weightPercent, cohorts }: Pick<EdgeConfig, 'topology' | 'weightPercent' | 'cohorts'>,
  unit: '%' | '% of users' = '%',
): string {
  const byCohorts = topology === 'header' && cohorts.length > 0;
  return byCohorts ? `cohorts ${cohorts.join(', ')}` : `${weightPercent} ${unit}`;
}

/** Weights have steps of 0.001 %. */
export function sameWeight(a: number | null, b: number): boolean {
  return a !== null && Math.abs(a - b) < 0.0005;
}

export function isFrozen(config: EdgeConfig, nowMs: number): boolean {
  return config.freezeUntilMs !== null && nowMs < config.freezeUntilMs;
}

/**
 * Equal as JSON, whatever the order of keys. Not by `canonicalJson`, which refuses what is not JSON: a rollback asks this of
 * whatever a store gave back, an old document without the field included, and must then write and not fail.
 */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [ofA, ofB] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return ofA.size === ofB.size && [...ofA].every(([key, value]) => ofB.has(key) && same(value, ofB.get(key)));
}
