/**
 * Tries again at once what failed in a way that is new: three times on each color. A class that comes back on `to` only needs
 * no statistics.
 */
import { COLORS, type Color } from '../domain/color.ts';
import type { LookInput, NoveltyReplay } from '../domain/look-input.ts';
import { newClasses } from '../domain/gates/error-novelty.ts';
import type { WatchInput } from './api.ts';
import { signal } from './attempt.ts';
import type { World } from './world.ts';

const TRIES = 3;
/** Classes tried again in one look, the most frequent first. */
const MAX_CLASSES = 3;

/** Stages at which a request is tried again: no whole answer came. Anything later is the schema gate's. */
const STAGES: ReadonlySet<string> = new Set(['connect', 'tls', 'headers', 'body']);

/** Sends one request to a color; its error class, or null when it was answered. */
type Try = (color: Color) => Promise<string | null>;

export async function replayNew(
  world: World,
  input: WatchInput,
  look: LookInput,
): Promise<readonly NoveltyReplay[]> {
  const replays: NoveltyReplay[] = [];
  for (const { name } of newClasses(look).filter((one) => STAGES.has(one.name.split(':')[0] ?? ''))) {
    if (replays.length === MAX_CLASSES) break;
    try {
      const again = (await ofProbe(world, input, look, name)) ?? (await ofUser(world, input, look, name));
      if (again !== null) replays.push(await replayed(name, look, again));
    } catch {
      signal().throwIfAborted();
      // What cannot be tried again is judged by chance alone.
    }
  }
  return replays;
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

async function ofProbe(
  world: World,
  input: WatchInput,
  look: LookInput,
  errorClass: string,
): Promise<Try | null> {
  const run = look.probes?.runs.find((one) => one.color === look.to && one.error === errorClass);
  if (run === undefined) return null;
  const { probeId, paraphrase, seed, round } = run;
  const prober = await world.prober(input.targets, input.probes);
  return async (color) => {
    const [again] = await prober.run([{ probeId, paraphrase, seed }], {
      colors: [color],
      round,
      signal: signal(),
      onProgress: () => undefined,
    });
    return again?.error ?? null;
  };
}

async function ofUser(
  world: World,
  input: WatchInput,
  look: LookInput,
  errorClass: string,
): Promise<Try | null> {
  const { targets, regions } = input;
  const { windowStartMs: fromMs, endedAtMs: toMs } = look.look;
  const telemetry = await world.port('telemetry', targets);
  const query = { service: targets.service, fromMs, toMs, regions, errorClass };
  const [request] = await telemetry.sample(look.to, 1, query, signal());
  return request === undefined
    ? null
    : (color) => world.replay(targets, color, request, signal(), input.probes.dialects);
}
