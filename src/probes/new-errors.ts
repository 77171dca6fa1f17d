/**
 * Tries again at once what failed in a way that is new: three times on each color. A class that comes back on `to` only needs
 * no statistics.
 */
import { COLORS, type Color } from '../domain/color.ts';
import { newClasses } from '../domain/gates/error-novelty.ts';
import type { LookInput, NoveltyReplay } from '../domain/look-input.ts';
import type { Prober } from './prober.ts';

const TRIES = 3;
/** Classes tried again in one look, the most frequent first. */
const MAX_CLASSES = 3;

/** Stages at which a request is tried again: no whole answer came. Anything later is the schema gate's. */
const STAGES: ReadonlySet<string> = new Set(['connect', 'tls', 'headers', 'body']);

/** Sends one request to a color; its error class, or null when it was answered. */
export type Try = (color: Color) => Promise<string | null>;

/** @param find a request that met a class, ready to be sent again; null where there is none */
export async function replayNew(
  look: LookInput,
  find: (errorClass: string) => Promise<Try | null>,
  signal: AbortSignal,
): Promise<readonly NoveltyReplay[]> {
  const replays: NoveltyReplay[] = [];
  for (const { name } of newClasses(look).filter((one) => STAGES.has(one.name.split(':')[0] ?? ''))) {
    if (replays.length === MAX_CLASSES) break;
    try {
      const again = await find(name);
      if (again !== null) replays.push(await replayed(name, look, again));
    } catch {
      signal.throwIfAborted();
      // What cannot be tried again is judged by chance alone.
    }
  }
  return replays;
}

/** A probe that met the class on `to`. */
export function tryOfProbe(
  prober: Prober,
  { probes, to }: LookInput,
  errorClass: string,
  signal: AbortSignal,
): Try | null {
  const run = probes?.runs.find((one) => one.color === to && one.error === errorClass);
  if (run === undefined) return null;
  const { probeId, paraphrase, seed, round } = run;
  return async (color) => {
    const [again] = await prober.run([{ probeId, paraphrase, seed }], {
      colors: [color],
      round,
      signal,
      onProgress: () => undefined,
    });
    return again?.error ?? null;
  };
}

async function replayed(errorClass: string, { from, to }: LookInput, again: Try): Promise<NoveltyReplay> {
  const count: Record<Color, number> = { blue: 0, green: 0 };
  for (let tries = 0; tries < TRIES; tries += 1) {
    for (const color of tries % 2 === 0 ? COLORS : COLORS.toReversed()) {
      if ((await again(color)) === errorClass) count[color] += 1;
    }
  }
  return { errorClass, onTo: count[to], onFrom: count[from], tries: TRIES };
}
