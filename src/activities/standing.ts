/** What a look reads beside telemetry: the edge config as it is stored, and the health contracts of both colors. */
import { Context } from '@temporalio/activity';
import { COLORS, type Color } from '../domain/color.ts';
import { changes, edgeConcerns, unfitness, type Concern } from '../domain/concern.ts';
import type { HealthContract } from '../domain/health.ts';
import type { WatchInput } from './api.ts';
import { signal } from './attempt.ts';
import { countersOf, type CounterBase } from './counters.ts';
import type { World } from './world.ts';

/** A color that does not answer is asked once more after this: a lost packet is no outage. */
const AGAIN_MS = 500;

export interface Standing {
  readonly counters: CounterBase;
  readonly concerns: readonly Concern[];
}

export async function readStanding(world: World, input: WatchInput): Promise<Standing> {
  const { targets, pinned } = input;
  const [edge, ...asked] = await Promise.all([
    edgeOf(world, input),
    ...COLORS.map(async (color) => [color, await healthOf(world, input, color)] as const),
  ]);
  const health = Object.fromEntries(asked) as Record<Color, readonly HealthContract[] | string>;
  const changed = COLORS.flatMap((color) => {
    const contracts = health[color];
    return pinned === null || typeof contracts === 'string' ? [] : changes(color, pinned[color], contracts);
  });
  return {
    counters: countersOf(health),
    concerns: [...edge, ...unfitness(targets.from, health[targets.from]), ...changed],
  };
}

/** A store that cannot be read has not changed for that. */
async function edgeOf(world: World, { targets, edge }: WatchInput): Promise<Concern[]> {
  try {
    return edgeConcerns(edge, await (await world.port('edge', targets)).read(signal()), targets.to);
  } catch {
    signal().throwIfAborted();
    return [];
  }
}

/** @returns the contracts of a color, or why there are none */
async function healthOf(
  world: World,
  { targets }: WatchInput,
  color: Color,
): Promise<readonly HealthContract[] | string> {
  const port = await world.port('color', targets);
  try {
    return await port.health(color, signal());
  } catch {
    signal().throwIfAborted();
  }
  if (world.realTime) await Context.current().sleep(AGAIN_MS);
  try {
    return await port.health(color, signal());
  } catch (cause) {
    signal().throwIfAborted();
    return cause instanceof Error ? cause.message.slice(0, 200) : 'no answer';
  }
}
