/** Thresholds in force and changes of them, by what is known of each. */
import { MAX_DURATION_MS } from './duration.ts';
import { SETTING, type GateSettings, type SettingFacts } from './gate.ts';

/** Thresholds to change; blocks are merged field by field. */
export type GateTune = {
  readonly [K in keyof GateSettings]?: GateSettings[K] extends readonly unknown[] | number
    ? GateSettings[K]
    : Partial<GateSettings[K]>;
};

/** Most samples that a gate may ask for. */
const MAX_COUNT = 1_000_000;
/** Longest past that a gate may read. */
const MAX_HOURS = 168;

export function withSettings(settings: GateSettings, change: GateTune): GateSettings {
  return {
    ...settings,
    ...change,
    deltaS: { ...settings.deltaS, ...change.deltaS },
    coverage: { ...settings.coverage, ...change.coverage },
    lambda: { ...settings.lambda, ...change.lambda },
    cache: { ...settings.cache, ...change.cache },
    clusters: { ...settings.clusters, ...change.clusters },
    serverErrors: { ...settings.serverErrors, ...change.serverErrors },
    catastrophe: { ...settings.catastrophe, ...change.catastrophe },
    novelty: { ...settings.novelty, ...change.novelty },
    history: { ...settings.history, ...change.history },
  };
}

/** What a threshold of this kind must be, or null when the value is that. */
export function misfit({ kind }: SettingFacts, value: unknown): string | null {
  const within = (low: number, high: number): boolean =>
    typeof value === 'number' && value >= low && value <= high;
  switch (kind) {
    case 'share':
      return within(0, 1) ? null : 'a number from 0 to 1';
    case 'ratio':
      return within(1, 10) ? null : 'a number from 1 to 10';
    case 'count':
      return Number.isInteger(value) && within(1, MAX_COUNT) ? null : `a whole number from 1 to ${MAX_COUNT}`;
    case 'hours':
      return Number.isInteger(value) && within(0, MAX_HOURS) ? null : `a whole number from 0 to ${MAX_HOURS}`;
    case 'duration':
      return Number.isInteger(value) && within(1, MAX_DURATION_MS)
        ? null
        : 'a whole number of milliseconds, at most 366 days';
  }
}

/** A threshold that does not stand to another as it must. */
export interface Misplaced {
  readonly path: string;
  /** E.g. `less than block (0.6)`. */
  readonly must: string;
  readonly because: string;
}

export function misplaced(settings: GateSettings): Misplaced[] {
  const values = thresholds(settings);
  return Object.entries(SETTING).flatMap(([path, { must }]) => {
    const [value = Number.NaN, other = Number.NaN] = [values[path], values[must?.than ?? '']];
    if (must === undefined || (must.be === 'less' ? value < other : value > other)) return [];
    const name = must.than.split('.').at(-1);
    return [{ path, must: `${must.be} than ${name} (${other})`, because: must.because }];
  });
}

/** Every threshold by its path, e.g. `deltaS.pass`. */
export function thresholds(settings: GateSettings): Record<string, number> {
  const flat: Record<string, number> = {};
  for (const [name, value] of Object.entries(settings as unknown as Record<string, unknown>)) {
    if (typeof value === 'number') flat[name] = value;
    else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [field, limit] of Object.entries(value)) {
        if (typeof limit === 'number') flat[`${name}.${field}`] = limit;
      }
    }
  }
  return flat;
}

/** Paths of the thresholds that are easier to pass in `next`. */
export function looserThresholds(now: GateSettings, next: GateSettings): string[] {
  const was = thresholds(now);
  return Object.entries(thresholds(next)).flatMap(([path, limit]) => {
    const before = was[path];
    if (before === undefined || before === limit) return [];
    const isLooser = SETTING[path]?.stricter === 'higher' ? limit < before : limit > before;
    return isLooser ? [path] : [];
  });
}
