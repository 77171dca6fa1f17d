/** Reads back whether scheduled work runs where the edge config has it: a color may read that config only now and then. */
import { Context } from '@temporalio/activity';
import { COLORS, type Color } from '../../domain/color.ts';
import type { HealthContract } from '../../domain/health.ts';
import { misplacedSaid } from '../../domain/schedules.ts';
import type { Targets } from '../../domain/targets.ts';
import { signal } from '../attempt.ts';
import type { World } from '../world.ts';

/** Colors are asked again and again for so long, ms: more than the second after which they read the config again. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 500;
/** One that hangs must not cost the reading of the edge that came before it. */
const ANSWER_MS = 1000;

/**
 * @param holder the color that should run them
 * @param sinceMs when the reading began that this belongs to, wall clock: what the edge took of the patience is not spent again
 * @returns what is not as it should be, after some tries; null when all is well
 */
export async function schedulesSettled(
  world: World,
  targets: Targets,
  holder: Color,
  sinceMs: number,
): Promise<string | null> {
  const untilMs = sinceMs + PATIENCE_MS;
  for (;;) {
    const said = await asked(world, targets, holder);
    // In a rehearsal nothing changes while somebody waits.
    if (said === null || !world.realTime || Date.now() > untilMs) return said;
    await Context.current().sleep(PAUSE_MS);
  }
}

async function asked(world: World, targets: Targets, holder: Color): Promise<string | null> {
  const told = Object.fromEntries(
    await Promise.all(COLORS.map(async (color) => [color, await contracts(world, targets, color)] as const)),
  ) as Record<Color, readonly HealthContract[] | null>;
  const said = misplacedSaid(told, holder);
  const silent = COLORS.filter((color) => told[color] === null);
  const areThere = COLORS.some((color) => told[color]?.some(({ schedules = [] }) => schedules.length > 0));
  if (silent.length === 0 || !areThere) return said;
  const unknown = `${silent.join(' and ')} did not answer: whether scheduled work runs there is not known`;
  return said === null ? unknown : `${said}; ${unknown}`;
}

async function contracts(
  world: World,
  targets: Targets,
  color: Color,
): Promise<readonly HealthContract[] | null> {
  const port = await world.port('color', targets);
  const late = new Promise<null>((resolve) => {
    setTimeout(() => resolve(null), ANSWER_MS).unref();
  });
  const answer = port.health(color, signal()).catch(() => null);
  const first = await Promise.race([answer, late]);
  signal().throwIfAborted();
  return first;
}
