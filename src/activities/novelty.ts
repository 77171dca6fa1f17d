/** Tries again what failed in a way that is new: a probe that met it, else a user's request. */
import type { LookInput, NoveltyReplay } from '../domain/look-input.ts';
import { replayNew, tryOfProbe, type Try } from '../probes/new-errors.ts';
import type { WatchInput } from './api.ts';
import { signal } from './attempt.ts';
import type { World } from './world.ts';

export async function replayNewClasses(
  world: World,
  input: WatchInput,
  look: LookInput,
): Promise<readonly NoveltyReplay[]> {
  const find = async (errorClass: string): Promise<Try | null> => {
    const met = look.probes?.runs.some((one) => one.color === look.to && one.error === errorClass) ?? false;
    if (!met) return ofUser(world, input, look, errorClass);
    return tryOfProbe(await world.prober(input.targets, input.probes), look, errorClass, signal());
  };
  return replayNew(look, find, signal());
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
